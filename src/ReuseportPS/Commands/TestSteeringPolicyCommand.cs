using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Test-SteeringPolicy: whether a policy can be applied, and what it costs.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SteeringPolicy", DefaultParameterSetName = ForSlots)]
[OutputType(typeof(SteeringPolicyTest), typeof(bool))]
public sealed class TestSteeringPolicyCommand : BackendCmdlet
{
    private const string ForSlots = "ForSlots";
    private const string ForGroup = "ForGroup";

    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public object Policy { get; set; } = null!;

    /// <summary>Slots of the group it is meant for.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForSlots)]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>The group it is meant for.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForGroup)]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    public string? Group { get; set; }

    /// <summary>Answers with true or false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Policy, () =>
    {
        int slots = Group is null ? SlotCount : SlotsOf(Group);
        SteeringPolicyTest result = Judge(slots);
        WriteObject(Quiet ? result.Passed : result);
    });

    private int SlotsOf(string name)
    {
        GroupCatalog groups = Groups();
        using ManagedGroup group = groups.Find(name) ?? throw groups.NotFound(name);
        return group.SlotCount;
    }

    private SteeringPolicyTest Judge(int slots)
    {
        string label = Policy.ToString() ?? "";
        try
        {
            SteeringPolicy policy = PolicyTransformationAttribute.Read(SessionState, Policy);
            label = policy.Name;
            PolicyCompilation compilation = PolicyCompiler.Compile(policy, slots);
            return new SteeringPolicyTest(
                compilation.Compiled is not null, label, slots, compilation.Compiled?.Program.InstructionSlots ?? 0,
                compilation.Compiled?.MemoryBytes(Groups().Backend.Info.CpuCount) ?? 0, compilation.Diagnostics);
        }
        catch (DiagnosticException exception)
        {
            return new SteeringPolicyTest(Passed: false, label, slots, 0, 0, exception.Diagnostics);
        }
    }
}
