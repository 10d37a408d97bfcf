using System.Management.Automation;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Get-SteeringCounter: what the program counted: per rule, slot, miss and rejection.</summary>
[Cmdlet(VerbsCommon.Get, "SteeringCounter")]
[OutputType(typeof(SteeringCounter))]
public sealed class GetSteeringCounterCommand : GroupCmdlet
{
    /// <summary>Kinds of counter; all by default.</summary>
    [Parameter]
    public CounterKind[]? Kind { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => WithGroup(Groups(), group =>
    {
        CounterReading[] readings = [.. group.ReadCounters()];
        double packets = readings
            .Where(reading => reading.Kind is CounterKind.Rule or CounterKind.Otherwise)
            .Sum(reading => (double)reading.Value);
        foreach (CounterReading reading in readings.Where(reading => Kind is null || Kind.Contains(reading.Kind)))
        {
            double? share = packets > 0 && reading.Kind is not (CounterKind.Miss or CounterKind.Epoch) ? reading.Value / packets : null;
            WriteObject(new SteeringCounter(
                group.Name, group.Backend.Kind, reading.Kind, reading.Name, reading.Index, reading.Value, share));
        }
    });
}
