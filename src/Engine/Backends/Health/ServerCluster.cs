using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Members that have processes in common: of one instance of a server, as a master and its workers hold them.</summary>
/// <param name="Members">The members.</param>
internal sealed record ServerCluster(ImmutableArray<MemberFacts> Members)
{
    /// <summary>Command names of the processes that hold them.</summary>
    public ImmutableHashSet<string> Commands { get; } = [.. Members.SelectMany(member => member.Holders).Select(owner => owner.Command)];

    /// <summary>The members that somebody is known to hold, by instance: first the one with the most seats, then the most members, then the lowest slot.</summary>
    public static ImmutableArray<ServerCluster> Of(IEnumerable<MemberFacts> members)
    {
        List<(HashSet<int> Processes, List<MemberFacts> Members)> clusters = [];
        foreach (MemberFacts member in members.Where(member => member.Holders.Any()))
        {
            HashSet<int> processes = [.. member.Holders.Select(owner => owner.ProcessId)];
            (HashSet<int> Processes, List<MemberFacts> Members)[] alike = [.. clusters.Where(cluster => cluster.Processes.Overlaps(processes))];
            if (alike.Length == 0)
            {
                clusters.Add((processes, [member]));
                continue;
            }

            // It may show that what looked like two is one.
            foreach ((HashSet<int> Processes, List<MemberFacts> Members) other in alike[1..])
            {
                alike[0].Processes.UnionWith(other.Processes);
                alike[0].Members.AddRange(other.Members);
                clusters.Remove(other);
            }

            alike[0].Processes.UnionWith(processes);
            alike[0].Members.Add(member);
        }

        return
        [
            .. clusters.Select(cluster => new ServerCluster([.. cluster.Members]))
                .OrderByDescending(cluster => cluster.Members.Count(member => member.Slot is not null)).ThenByDescending(cluster => cluster.Members.Length)
                .ThenBy(cluster => cluster.Members.Min(member => member.Slot ?? int.MaxValue)),
        ];
    }

    /// <summary>Who holds them: <c>nginx (4711, 4712)</c>.</summary>
    public override string ToString()
    {
        IEnumerable<int> processes = Members.SelectMany(member => member.Holders).Select(owner => owner.ProcessId).Distinct().Order();
        return $"{string.Join(", ", Commands.Order(StringComparer.Ordinal))} ({EvidenceText.Few(processes)})";
    }
}
