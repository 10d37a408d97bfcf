using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>A slot, a range of slots, or a name for some.</summary>
/// <param name="Name">The name; null for numbers.</param>
/// <param name="First">Lowest slot; 0 with a name.</param>
/// <param name="Last">Highest slot; 0 with a name.</param>
public readonly record struct SlotItem(string? Name, int First, int Last)
{
    /// <summary>The highest slot number there can be: a socket map has 32768 entries, the kernel's limit of a group.</summary>
    public const int HighestSlot = 32767;

    /// <summary>One slot.</summary>
    public static SlotItem Of(int slot) => new(null, slot, slot);

    /// <summary>Some slots.</summary>
    public static SlotItem Of(int first, int last) => new(null, first, last);

    /// <summary>The slots of a name.</summary>
    public static SlotItem Of(string name) => new(name, 0, 0);

    /// <summary>Ascending numbers as few ranges.</summary>
    internal static IEnumerable<SlotItem> Ranges(IReadOnlyList<int> slots)
    {
        for (int first = 0, next; first < slots.Count; first = next)
        {
            next = first + 1;
            while (next < slots.Count && slots[next] == slots[next - 1] + 1)
            {
                next++;
            }

            yield return Of(slots[first], slots[next - 1]);
        }
    }

    /// <summary>Reads <c>3</c>, <c>0-5</c> or a name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="item">The item.</param>
    /// <param name="problem">Why not, without a place; null on success.</param>
    public static bool TryParse(string text, out SlotItem item, out Diagnostic? problem)
    {
        item = default;
        problem = null;
        if (PolicyNames.IsName(text))
        {
            item = Of(text);
            return true;
        }

        if (!NumberText.TryParseRange(text, 0, HighestSlot, out uint first, out uint last, out string reason))
        {
            problem = PolicyDiagnostics.BadSlot.At(null, $"'{text}' is not a slot, a range of slots or a name: {reason}.");
            return false;
        }

        item = Of((int)first, (int)last);
        return true;
    }

    /// <summary>The item as it is written in a policy.</summary>
    public override string ToString() =>
        Name ?? (First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}"));
}
