using System.Globalization;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Maps that are nearly full.</summary>
internal static class CapacityChecks
{
    private const double Nearly = 0.9;

    public static IEnumerable<HealthFinding> Of(GroupFacts facts)
    {
        foreach ((string rule, ulong entries, int capacity) in facts.FlowTables)
        {
            // The kernel evicts in batches, before the last entry is used: evictions tell of a table that is full for its purposes.
            if (entries >= capacity * Nearly || (facts.Evictions > 0 && entries >= capacity / 2.0))
            {
                yield return facts.Finding(
                    HealthFindings.FlowTableFull,
                    string.Create(CultureInfo.InvariantCulture, $"The flow table of '{rule}' has {entries} flows in {capacity} entries; {facts.Evictions} flows were driven out since the policy was applied."));
            }
        }

        if (facts.SlotCount >= KernelGroup.SeatCapacity * Nearly)
        {
            yield return facts.Finding(
                HealthFindings.SeatsNearlyFull, string.Create(CultureInfo.InvariantCulture, $"The group has {facts.SlotCount} slots of {KernelGroup.SeatCapacity}."));
        }
    }
}
