using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>Get-SteeringPolicy: the policies that groups have.</summary>
[Cmdlet(VerbsCommon.Get, "SteeringPolicy")]
[OutputType(typeof(AppliedSteeringPolicy), typeof(SteeringPolicyVersion))]
public sealed class GetSteeringPolicyCommand : BackendCmdlet
{
    /// <summary>Name of the group; every group with a policy by default.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GroupName", "Name")]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    public string? Group { get; set; }

    /// <summary>Lists the policies that the group remembers, the present one last.</summary>
    [Parameter]
    public SwitchParameter History { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Group, () =>
    {
        GroupCatalog groups = Groups();
        foreach (string name in Group is null ? groups.Names.AsEnumerable() : [Group])
        {
            Guard(name, () =>
            {
                using ManagedGroup group = groups.Find(name) ?? throw groups.NotFound(name);
                if (History)
                {
                    WriteHistory(group);
                }
                else if (group.Policy is not null || group.Program is not null || group.State != PolicyState.Active)
                {
                    PolicyVersion? version = group.Version;
                    WriteObject(new AppliedSteeringPolicy(
                        group.Name, group.Backend.Kind, group.Policy, group.Program,
                        group.Program?.InstructionCount ?? group.Compiled?.Program.InstructionSlots ?? 0, group.ProgramIds)
                    {
                        State = group.State,
                        TimeLeft = group.TimeLeft,
                        Alternative = group.Alternative,
                        Version = version?.Number,
                        Since = version?.Since,
                    });
                }
                else if (Group is not null)
                {
                    WriteVerbose($"Group '{name}' has no policy.");
                }
            });
        }
    });

    private void WriteHistory(ManagedGroup group)
    {
        foreach (PolicyVersion version in group.History)
        {
            Write(version, isPresent: false);
        }

        if (group.Version is PolicyVersion present)
        {
            Write(present, isPresent: true);
        }

        void Write(PolicyVersion version, bool isPresent) => WriteObject(new SteeringPolicyVersion(
            group.Name, group.Backend.Kind, version.Number, isPresent, version.Since, PolicyFile.Text.Read(version.Text), version.Hash()));
    }
}
