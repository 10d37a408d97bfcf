using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Sync-ReuseportGroup: looks again who the members of an adopted group are, seats those that came, and attaches what a restart has lost.</summary>
[Cmdlet(VerbsData.Sync, "ReuseportGroup", SupportsShouldProcess = true)]
[OutputType(typeof(ReuseportGroupSynchronization))]
public sealed class SyncReuseportGroupCommand : GroupCmdlet
{
    private const int ActivityId = 3;

    /// <summary>Replaces a program that is not ours, or cannot be seen.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Members that get a seat are a new generation of the server: they get slots of their own, and new flows by the policy's generations; old flows stay where they are.</summary>
    [Parameter]
    public SwitchParameter NewGeneration { get; set; }

    /// <summary>Waits until the server has settled, and at most so long, before members that came are seated: 500ms, 30s, 5m, or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? SettleWithin { get; set; }

    /// <summary>With -SettleWithin: when the processes that serve the members must have begun, for a server whose reload replaces them. One with older workers has not settled.</summary>
    [Parameter]
    public DateTime? WorkersSince { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (WorkersSince is not null && SettleWithin is null)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("-WorkersSince says when a server has settled, and so goes with -SettleWithin."), "InvalidParameterCombination", ErrorCategory.InvalidArgument, WorkersSince));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = GroupsToChange();
        WithGroup(groups, group =>
        {
            if (!ShouldProcess($"group '{group.Name}'", (SettleWithin is null ? "Seat" : "Wait until the server has settled, seat") + " members that have no seat, and attach the program where it is missing"))
            {
                return;
            }

            ReuseportGroupSynchronization done = new(group, SettleWithin is TimeSpan limit ? SynchronizeSettled(group, limit) : group.Synchronize(Force, NewGeneration));
            if (done.Settled == false)
            {
                WriteWarning($"Group '{group.Name}' has not settled within {SettleWithin!.Value.TotalSeconds:0.###} s: {string.Join("; ", done.Unsettled)}. What came later has no seat until the next Sync-ReuseportGroup.");
            }

            foreach (string unseatable in done.Unseatable)
            {
                WriteWarning($"Not seated: {unseatable}");
            }

            foreach (int slot in done.SeatedSlot.Where(slot => group.States[slot] != SlotState.Active).Distinct())
            {
                WriteWarning($"Slot {slot} is {group.States[slot]}: who sits there now gets no new flows until Resume-SocketSlot.");
            }

            if (!NewGeneration && done.SeatedSlot.Any(slot => slot >= done.FormerSlotCount) && group.Policy is not null && PolicyGenerations.HasAny(group.Policy))
            {
                WriteWarning("The policy has generations, and the new slots are in none of them. For a new generation of the server use -NewGeneration.");
            }

            WriteObject(done);
        });
    }

    private GroupSynchronization SynchronizeSettled(ManagedGroup group, TimeSpan limit)
    {
        bool shown = false;
        string activity = $"Waiting until group '{group.Name}' has settled";
        GroupSynchronization done = group.SynchronizeSettled(limit, WorkersSince is DateTime since ? new DateTimeOffset(since) : null, Force, NewGeneration, (changes, waited) =>
        {
            StopToken.ThrowIfCancellationRequested();
            shown = true;
            WriteProgress(new ProgressRecord(ActivityId, activity, changes.IsEmpty ? "Looking" : string.Join("; ", changes)) { SecondsRemaining = (int)(limit - waited).TotalSeconds });
        });
        if (shown)
        {
            WriteProgress(new ProgressRecord(ActivityId, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }

        return done;
    }
}
