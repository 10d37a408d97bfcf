using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Seats in which nobody sits.</summary>
internal static class SeatChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts)
    {
        foreach (KernelGroupFacts group in facts.KernelGroups.Where(group => group is { IsManaged: true, IsElsewhere: false }))
        {
            if (!group.Candidates.Any() && group.Idle.IsEmpty)
            {
                yield return facts.Finding(HealthFindings.NobodyThere, $"{group.Key}: no socket has the address, and all {EvidenceText.Count(group.Seats.Length, "seat")} are empty.", group);
                continue;
            }

            // Without a policy nobody is sent to a slot; who drains or stands by is not missed.
            ILookup<bool, int> empty = Enumerable.Range(0, group.Seats.Length).Where(slot => group.Seats[slot] == 0)
                .ToLookup(slot => facts.IsSteered && facts.States[slot] == SlotState.Active);
            foreach (IGrouping<bool, int> slots in empty)
            {
                ImmutableArray<int> numbers = [.. slots];
                HealthFinding finding = facts.Finding(
                    HealthFindings.EmptySeat, $"{group.Key}: nobody sits in {(numbers.Length == 1 ? "slot" : "slots")} {string.Join(", ", SlotItem.Ranges(numbers))}.", group);
                yield return finding with
                {
                    Slot = numbers,
                    Severity = slots.Key ? DiagnosticSeverity.Warning : DiagnosticSeverity.Information,
                    Remedy = facts.IsOwned ? $"Seat an own socket with Set-SocketSlot {facts.Group} -Slot SLOT -Socket COOKIE, or take the slot out of the policy." : finding.Remedy,
                };
            }
        }
    }
}
