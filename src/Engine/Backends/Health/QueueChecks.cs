using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Queues that nobody empties, and those that are full.</summary>
internal static class QueueChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts)
    {
        foreach (KernelGroupFacts group in facts.Tested)
        {
            foreach (MemberFacts member in group.Candidates.Where(member => !member.Queues.IsEmpty))
            {
                string what = group.Key.Protocol == TransportProtocol.Tcp ? "connections wait" : "bytes wait";
                string limit = member.Record.QueueLimit is int most ? string.Create(CultureInfo.InvariantCulture, $" of {most}") : "";
                bool isTcpFull = group.Key.Protocol == TransportProtocol.Tcp && member.Record.QueueLimit is int backlog && member.Queues[^1] > backlog;
                if (NobodyTakes(member.Queues))
                {
                    yield return facts.Finding(
                        HealthFindings.HungWorker,
                        string.Create(CultureInfo.InvariantCulture, $"{group.Key}, {member}: {what}, {member.Queues[0]} at first and {member.Queues[^1]}{limit} after {facts.Watched.TotalMilliseconds:0} ms, never fewer in {member.Queues.Length} looks.")
                        + (isTcpFull ? " The queue is full." : "") + Dropped(member), group, member);
                }
                else if (isTcpFull || member.Dropped > 0)
                {
                    yield return facts.Finding(
                        HealthFindings.FullQueue, string.Create(CultureInfo.InvariantCulture, $"{group.Key}, {member}: {member.Queues[^1]}{limit} {what}.") + Dropped(member), group, member);
                }
            }
        }
    }

    /// <summary>Whether something waits all the time and never less of it. One look tells nothing: what waits may be taken a moment later.</summary>
    private static bool NobodyTakes(ImmutableArray<int> queues) =>
        queues.Length > 1 && queues[0] > 0 && queues.Zip(queues.Skip(1)).All(pair => pair.First <= pair.Second);

    private static string Dropped(MemberFacts member) => member.Dropped > 0 ? string.Create(CultureInfo.InvariantCulture, $" {member.Dropped} datagrams were dropped meanwhile.") : "";
}
