using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Session;

/// <summary>Managed groups as previews see them.</summary>
internal static class PreviewGroups
{
    /// <summary>The group's slots, their states and members, and which of them have a member in any seat. What its policy knows is left out.</summary>
    public static PreviewGroup Of(ManagedGroup group) =>
        new(group.SlotCount)
        {
            Occupied = [.. group.ReadSlots().Select(slot => slot.Seats.Any(seat => seat.Cookie != 0))],
            States = group.States with { Cookies = group.ReadCookies() },
        };

    /// <summary>The same for a group by its name.</summary>
    /// <exception cref="Engine.Diagnostics.DiagnosticException">There is no such group.</exception>
    public static PreviewGroup Of(GroupCatalog groups, string name)
    {
        using ManagedGroup group = groups.Find(name) ?? throw groups.NotFound(name);
        return Of(group);
    }
}
