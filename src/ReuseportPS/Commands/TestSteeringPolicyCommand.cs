using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>Test-SteeringPolicy: whether a policy can be applied, and what it costs.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SteeringPolicy", DefaultParameterSetName = ForSlots)]
[OutputType(typeof(SteeringPolicyTest), typeof(SteeringConnectionId), typeof(SteeringConnectionIdTest), typeof(bool))]
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

    /// <summary>QUIC connection ids as servers issue them, bytes or hexadecimal text: which slot each reaches, in the place of the result. Where ids hold cookies, -Group says whose.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[] ConnectionId { get; set; } = [];

    /// <summary>A trace with QUIC in it: which slot each connection id reaches, which reach none, and which trains of datagrams mix ids of different slots, in the place of the result.</summary>
    [Parameter]
    [ValidateNotNull]
    public PacketTrace? Trace { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Policy, () =>
    {
        if (Trace is not null && ConnectionId.Length > 0)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("Give either -ConnectionId or -Trace."), "ConnectionIdOrTrace", ErrorCategory.InvalidArgument, Policy));
        }

        if (Trace is not null)
        {
            WriteSurvey(Trace);
            return;
        }

        if (ConnectionId.Length > 0)
        {
            WriteIds();
            return;
        }

        int slots = Group is null ? SlotCount : SlotsOf(Group);
        SteeringPolicyTest result = Judge(slots);
        WriteObject(Quiet ? result.Passed : result);
    });

    private void WriteSurvey(PacketTrace trace)
    {
        SteeringPolicy policy = ReadWithIds();
        PreviewGroup group = Group is null ? new PreviewGroup(SlotCount) : PreviewGroups.Of(Groups(), Group);
        CompiledPolicy compiled = Compile(policy, group);
        using TraceCmdletProgress progress = new(this, $"Reading connection ids as policy '{policy.Name}'", trace.Name);
        ConnectionIdSurvey survey = new ConnectionIdSurveyor(policy, compiled, Knowing(group, Group, policy, compiled), ModuleState.Current.SimulatorOptions).Survey(trace.Source, progress.Report, StopToken);
        if (survey.Failure is Diagnostic failure && trace.Failure is null)
        {
            WriteFailure(failure);
        }

        SteeringConnectionIdTest result = new(policy, trace, group, survey);
        WriteObject(Quiet ? result.Passed : result);
    }

    /// <summary>The policy, which must have something to do with connection ids.</summary>
    private SteeringPolicy ReadWithIds()
    {
        SteeringPolicy policy = PolicyTransformationAttribute.Read(SessionState, Policy);
        if (!policy.DecodesConnectionIds)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"Policy '{policy.Name}' decodes no connection ids: no action of it is 'by: connection-id'."), "NoConnectionIds", ErrorCategory.InvalidArgument, policy));
        }

        return policy;
    }

    private void WriteIds()
    {
        SteeringPolicy policy = ReadWithIds();
        int slots = SlotCount;
        SlotStates? states = null;
        if (Group is not null)
        {
            GroupCatalog groups = Groups();
            using ManagedGroup group = groups.Find(Group) ?? throw groups.NotFound(Group);
            slots = group.SlotCount;
            states = SlotStates.AllActive with { Cookies = group.ReadCookies() };
        }

        PolicyCompilation compilation = PolicyCompiler.Compile(policy, slots);
        if (compilation.Compiled is null)
        {
            throw new DiagnosticException(compilation.Diagnostics);
        }

        ConnectionIdReader reader = new(policy, slots, states);
        foreach (byte[] id in Ids())
        {
            foreach (ConnectionIdFinding finding in reader.Read(id))
            {
                bool isEmpty = finding.Slot >= 0 && states is not null && states.Cookies[finding.Slot].IsEmpty;
                bool isReached = finding.Slot >= 0 && !isEmpty;
                WriteObject(Quiet ? isReached : new SteeringConnectionId(policy, id, finding, isEmpty));
            }
        }
    }

    /// <summary>The ids: one when all of it are bytes, else one for each item.</summary>
    private IEnumerable<byte[]> Ids()
    {
        object[] items = [.. ConnectionId.Select(item => item is PSObject { BaseObject: byte or byte[] } wrapped ? wrapped.BaseObject : item)];
        if (Array.TrueForAll(items, item => item is byte))
        {
            return [[.. items.Cast<byte>()]];
        }

        // A numeric literal keeps its source text, and gives it when converted to a string.
        return items.Select(item => item as byte[] ?? HexText.Read(LanguagePrimitives.ConvertTo<string>(item)) ?? throw new PSArgumentException(
            $"'{item}' is neither bytes nor an even number of hexadecimal digits.", nameof(ConnectionId)));
    }

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
