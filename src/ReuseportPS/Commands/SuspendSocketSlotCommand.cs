using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Suspend-SocketSlot: drains slots. New flows go to the others; with -Wait it is waited until the slots have nothing to do any more.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "SocketSlot", SupportsShouldProcess = true)]
[OutputType(typeof(SocketSlotDrain), typeof(SteeringChangePreview))]
public sealed class SuspendSocketSlotCommand : SlotCmdlet
{
    private const int ActivityId = 2;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until accept queues are empty and half-open connections are done. Ctrl+C ends the wait, and not the state.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>The longest wait: 500ms, 60s, 5m, 2h, or a number of seconds. By default 60s.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Counts, and waits for, the connections that the slots' workers hold and the flows that flow tables keep for the slots.</summary>
    [Parameter]
    public SwitchParameter IncludeEstablished { get; set; }

    private protected override void Act(IReuseportBackend backend, ManagedGroup group, EquatableArray<SlotItem> slots)
    {
        SlotChange change = new(slots) { State = SlotState.Draining };
        if (!Confirm(backend, group, group.PlanSlots(change)))
        {
            return;
        }

        SlotOutcome outcome = group.Change(change, Force);
        SlotDrain drain = group.WatchDrain(outcome.Plan.Slots, IncludeEstablished);
        DrainStatus status = drain.Look();
        ulong begin = backend.MonotonicTime;
        TimeSpan waited = TimeSpan.Zero;
        bool shown = false;
        while (Wait && !status.IsDrained && waited < Timeout)
        {
            StopToken.ThrowIfCancellationRequested();
            shown = true;
            WriteProgress(new ProgressRecord(ActivityId, $"Draining slot {string.Join(", ", outcome.Plan.Slots)} of '{group.Name}'", Describe(status))
            {
                SecondsRemaining = (int)(Timeout - waited).TotalSeconds,
            });
            backend.LetTimePass(Timeout - waited < s_look ? Timeout - waited : s_look);
            waited = TimeSpan.FromTicks((long)((backend.MonotonicTime - begin) / TimeSpan.NanosecondsPerTick));
            status = drain.Look();
        }

        if (shown)
        {
            WriteProgress(new ProgressRecord(ActivityId, "Draining", "Done") { RecordType = ProgressRecordType.Completed });
        }

        if (Wait && !status.IsDrained)
        {
            WriteWarning($"Not drained after {waited.TotalSeconds:0.###} s: {Describe(status)}. The state stays Draining.");
        }

        WriteObject(new SocketSlotDrain(group, outcome, status, waited, Wait));
    }

    private static string Describe(DrainStatus status) => string.Join(", ", Parts(status));

    private static IEnumerable<string> Parts(DrainStatus status)
    {
        yield return $"{status.Queued} in accept queues";
        if (status.QueuedBytes > 0)
        {
            yield return $"{status.QueuedBytes} bytes in receive buffers";
        }

        if (status.HalfOpen is int halfOpen)
        {
            yield return $"{halfOpen} half-open";
        }

        if (status.Established is int established)
        {
            yield return $"{established} established";
        }

        if (status.StickyFlows is int flows)
        {
            yield return $"{flows} sticky flows";
        }

        if (status.Lost > 0)
        {
            yield return $"{status.Lost} lost";
        }
    }
}
