using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Get-SteeringPolicy: the policies that groups have.</summary>
[Cmdlet(VerbsCommon.Get, "SteeringPolicy")]
[OutputType(typeof(AppliedSteeringPolicy))]
public sealed class GetSteeringPolicyCommand : BackendCmdlet
{
    /// <summary>Name of the group; every group with a policy by default.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GroupName", "Name")]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    public string? Group { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Group, () =>
    {
        GroupCatalog groups = Groups();
        foreach (string name in Group is null ? groups.Names.AsEnumerable() : [Group])
        {
            Guard(name, () =>
            {
                using ManagedGroup group = groups.Find(name) ?? throw groups.NotFound(name);
                if (group.Policy is not null || group.Program is not null)
                {
                    WriteObject(new AppliedSteeringPolicy(
                        group.Name, group.Backend.Kind, group.Policy, group.Program,
                        group.Program?.InstructionCount ?? group.Compiled?.Program.InstructionSlots ?? 0, group.ProgramIds));
                }
                else if (Group is not null)
                {
                    WriteVerbose($"Group '{name}' has no policy.");
                }
            });
        }
    });
}
