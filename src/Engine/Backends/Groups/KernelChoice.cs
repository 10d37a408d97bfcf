using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Whether the kernel chooses among the members of a group by their order and the hash alone, so that a program can go on choosing as it does.</summary>
internal static class KernelChoice
{
    /// <summary>The members in the order by which the kernel chooses.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="key">The kernel group.</param>
    /// <param name="members">Those that are to be seated.</param>
    /// <param name="place">Their network namespace; null for the backend's current one.</param>
    /// <exception cref="DiagnosticException">It chooses by something else too, or its order cannot be seen (RPS5400).</exception>
    public static ImmutableArray<SocketRecord> Require(IReuseportBackend backend, KernelGroupKey key, ImmutableArray<SocketRecord> members, INetworkNamespace? place)
    {
        IReadOnlyList<ulong> order = backend.MemberOrder(members[0]) ?? throw Refusal(
            key, "the kernel's order of its members cannot be seen", "Run with CAP_BPF and CAP_PERFMON, and try again when no member comes or goes.");
        Dictionary<ulong, SocketRecord> known = members.ToDictionary(member => member.Cookie);
        foreach (ulong cookie in order.Where(cookie => !known.ContainsKey(cookie)))
        {
            IReadOnlyList<SocketRecord> found = backend.FindSockets(new SocketQuery(key.Protocol, key.Port, Cookie: cookie, Namespace: place, WithOwners: false));
            throw Refusal(
                key, string.Create(CultureInfo.InvariantCulture, $"its member with cookie {cookie} {(found is [{ IsConnected: true }] ? "is connected, and so passed over by the kernel" : "is not among the sockets to adopt")}"),
                "Adopt all members of the port, by -Port and without a process.");
        }

        ImmutableArray<SocketRecord> ordered = [.. order.Select(cookie => known[cookie])];
        if (ordered.Length < members.Length)
        {
            throw Refusal(key, $"{members.Length} sockets were found, and {ordered.Length} are members", "Try again when no member comes or goes.");
        }

        foreach ((int slot, IBackendSocket socket) in backend.AcquireSockets(ordered).Index())
        {
            using IBackendSocket held = socket;
            int cpu = held.GetOption(SocketOption.IncomingCpu);
            if (cpu >= 0)
            {
                throw Refusal(
                    key, string.Create(CultureInfo.InvariantCulture, $"its member with cookie {ordered[slot].Cookie} has SO_INCOMING_CPU {cpu}, by which the kernel prefers it for packets that this CPU handles"),
                    "A policy with 'by: cpu' says the same in words.");
            }
        }

        return ordered;
    }

    /// <summary>The refusal for a group that was adopted before, as something else.</summary>
    public static DiagnosticException AdoptedAlready(string group) => new(Diagnostic.Error(
        GroupCodes.CannotFreeze, $"Group '{group}' is adopted already, and -Freeze keeps the choice of the kernel as it is at adoption.", remedy: Remedy($"Remove it first: Remove-ReuseportGroup {group}.")));

    private static DiagnosticException Refusal(KernelGroupKey key, string why, string remedy) => new(Diagnostic.Error(
        GroupCodes.CannotFreeze, $"The choice of the kernel among the members of {key} cannot be kept as it is: {why}.", remedy: Remedy(remedy)));

    private static string Remedy(string remedy) => remedy + " Without -Freeze the kernel goes on choosing itself, among those that join too.";
}
