using System.Diagnostics;
using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Formatting;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Get-SteeringCounter: what the program counted: per rule, slot, miss and rejection; once, or again and again with rates.</summary>
[Cmdlet(VerbsCommon.Get, "SteeringCounter", DefaultParameterSetName = Once)]
[OutputType(typeof(SteeringCounter), typeof(string))]
public sealed class GetSteeringCounterCommand : GroupCmdlet
{
    private const string Once = "Once";
    private const string Watching = "Watch";

    private readonly List<SteeringCounter> _collected = [];
    private readonly List<(GroupCatalog Groups, string Name)> _watched = [];

    /// <summary>Kinds of counter; all by default.</summary>
    [Parameter]
    public CounterKind[]? Kind { get; set; }

    /// <summary>Object for an object of each counter; Prometheus for one text that Prometheus can read.</summary>
    [Parameter(ParameterSetName = Once)]
    public SteeringCounterFormat Format { get; set; }

    /// <summary>Reads the counters again and again, with the rate of each per second.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Watching)]
    public SwitchParameter Watch { get; set; }

    /// <summary>Time between two readings: 500ms, 60s, 5m, or a number of seconds; one second by default.</summary>
    [Parameter(ParameterSetName = Watching)]
    [DurationTransformation]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Ends after so many readings; without it the watch lasts until Ctrl+C, and on a simulator, where nothing comes meanwhile, for one.</summary>
    [Parameter(ParameterSetName = Watching)]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = Groups();
        WithGroup(groups, group =>
        {
            if (Watch)
            {
                _ = group.ReadCounters();
                _watched.Add((groups, group.Name));
            }
            else if (Format == SteeringCounterFormat.Prometheus)
            {
                _collected.AddRange(Read(group));
            }
            else
            {
                WriteObject(Read(group), enumerateCollection: true);
            }
        });
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_collected.Count > 0)
        {
            WriteObject(PrometheusText.Of(_collected));
        }

        Dictionary<(string Group, CounterKind Kind, string Name), (ulong Value, long Time)> before = [];
        bool isSimulated = _watched.TrueForAll(watched => watched.Groups.Backend.Info.Kind == BackendKind.Simulator);
        int readings = Count > 0 ? Count : isSimulated ? 1 : int.MaxValue;
        for (int reading = 0; reading < readings && _watched.Count > 0; reading++)
        {
            // A simulator does not wait: no packet would come.
            if (reading > 0 && !isSimulated && StopToken.WaitHandle.WaitOne(Interval))
            {
                return;
            }

            _watched.RemoveAll(watched => !TryRead(watched, before));
        }
    }

    /// <summary>Reads a group that may have gone, or have another policy by now.</summary>
    private bool TryRead((GroupCatalog Groups, string Name) watched, Dictionary<(string Group, CounterKind Kind, string Name), (ulong Value, long Time)> before)
    {
        bool isRead = false;
        Guard(watched.Name, () =>
        {
            using ManagedGroup group = watched.Groups.Find(watched.Name) ?? throw watched.Groups.NotFound(watched.Name);
            long now = Stopwatch.GetTimestamp();
            foreach (SteeringCounter counter in Read(group))
            {
                (string, CounterKind, string) key = (counter.Group, counter.Kind, counter.Name);
                WriteObject(before.TryGetValue(key, out (ulong Value, long Time) last) && watched.Groups.Backend.Info.Kind != BackendKind.Simulator
                    ? counter with { Rate = RateOf(counter, last.Value, Stopwatch.GetElapsedTime(last.Time, now)) }
                    : counter);
                before[key] = (counter.Value, now);
            }

            isRead = true;
        });
        return isRead;
    }

    /// <summary>Fewer than before, of a counter that never shrinks: another program counts from zero.</summary>
    private static double? RateOf(SteeringCounter counter, ulong before, TimeSpan elapsed) =>
        counter.Kind == CounterKind.Epoch || (counter.Value < before && counter.Kind != CounterKind.StickyEntries) ? null
            : ((double)counter.Value - before) / elapsed.TotalSeconds;

    private IEnumerable<SteeringCounter> Read(ManagedGroup group)
    {
        CounterReading[] readings = [.. group.ReadCounters()];
        double packets = readings
            .Where(reading => reading.Kind is CounterKind.Rule or CounterKind.Otherwise)
            .Sum(reading => (double)reading.Value);
        foreach (CounterReading reading in readings.Where(reading => Kind is null || Kind.Contains(reading.Kind)))
        {
            double? share = packets > 0 && reading.Kind is not (CounterKind.Miss or CounterKind.Epoch) ? reading.Value / packets : null;
            yield return new SteeringCounter(group.Name, group.Backend.Kind, reading.Kind, reading.Name, reading.Index, reading.Value, share);
        }
    }
}
