using System.Diagnostics;
using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Watch-SteeringDecision: the decisions that the programs of groups report, as they are made.</summary>
[Cmdlet("Watch", "SteeringDecision")]
[OutputType(typeof(SteeringDecisionSample))]
public sealed class WatchSteeringDecisionCommand : GroupCmdlet
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly List<Watched> _watched = [];

    /// <summary>Ends after so many decisions.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = long.MaxValue;

    /// <summary>Ends after this time: 500ms, 60s, 5m, 2h, 1d, or a number of seconds. Without it the watch lasts until Ctrl+C.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = Groups();
        WithGroup(groups, group => _watched.Add(new Watched(groups, group.Name, group.CountLostSamples())));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        long begin = Stopwatch.GetTimestamp();
        long left = Count;
        while (left > 0 && _watched.Count > 0)
        {
            bool isOver = Timeout is { } timeout && Stopwatch.GetElapsedTime(begin) >= timeout;
            bool any = false;
            foreach (Watched watched in _watched.ToArray())
            {
                Guard(watched.Name, () => any |= Look(watched, ref left));
            }

            // A simulator makes no decisions while this waits.
            isOver |= _watched.TrueForAll(watched => watched.Groups.Backend.Info.Kind == BackendKind.Simulator);
            if (!any && (isOver || StopToken.WaitHandle.WaitOne(s_pause)))
            {
                break;
            }
        }
    }

    /// <summary>Writes the samples that are there. The group is found anew each second: another shell may have applied another policy.</summary>
    /// <returns>Whether there were any.</returns>
    private bool Look(Watched watched, ref long left)
    {
        bool isGone = true;
        bool any = false;
        try
        {
            ManagedGroup group = watched.Group();
            while (left > 0 && !StopToken.IsCancellationRequested && group.TakeSample() is DecisionSample sample)
            {
                left--;
                any = true;
                WriteObject(new SteeringDecisionSample(group.Name, group.Backend.Kind, group.Policy!, sample));
            }

            ulong lost = group.CountLostSamples();
            if (lost > watched.Lost)
            {
                WriteWarning($"{lost - watched.Lost} samples of group '{group.Name}' were lost: the buffer was full. A smaller share (observe: {{ sample: 1/N }}) makes fewer.");
            }

            watched.Lost = lost;
            isGone = false;
        }
        finally
        {
            if (isGone)
            {
                _watched.Remove(watched);
                watched.Dispose();
            }
        }

        return any;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _watched.ForEach(watched => watched.Dispose());
        _watched.Clear();
        base.Dispose(disposing);
    }

    /// <summary>A group that is watched.</summary>
    private sealed class Watched(GroupCatalog groups, string name, ulong lost) : IDisposable
    {
        private ManagedGroup? _group;
        private long _found;

        public GroupCatalog Groups { get; } = groups;

        public string Name { get; } = name;

        /// <summary>Samples that were lost before.</summary>
        public ulong Lost { get; set; } = lost;

        public ManagedGroup Group()
        {
            if (_group is null || Stopwatch.GetElapsedTime(_found) > s_look)
            {
                _group?.Dispose();
                _group = Groups.Find(Name) ?? throw Groups.NotFound(Name);
                _found = Stopwatch.GetTimestamp();
            }

            return _group;
        }

        public void Dispose()
        {
            _group?.Dispose();
            _group = null;
        }
    }
}
