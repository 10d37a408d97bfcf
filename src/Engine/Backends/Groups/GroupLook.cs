using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Who the members of a group are, which processes hold them and which serve them, at one moment.</summary>
internal sealed class GroupLook
{
    private readonly ImmutableSortedDictionary<ulong, Member> _members;

    private GroupLook(ImmutableSortedDictionary<ulong, Member> members) => _members = members;

    /// <summary>Of members as they were found.</summary>
    public static GroupLook Of(IEnumerable<SurveyedSocket> members) => new(members.DistinctBy(member => member.Record.Cookie).ToImmutableSortedDictionary(
        member => member.Record.Cookie,
        member =>
        {
            Process[] owners = [.. member.Record.Owners.Select(owner => new Process(owner.ProcessId, owner.Command)).Distinct().OrderBy(owner => owner.Id)];

            // Threads are not compared: a busy one does not show that it serves.
            Process[] workers = [.. member.Workers.Select(worker => new Process(worker.ProcessId, worker.Command)).Distinct().OrderBy(worker => worker.Id)];
            return new Member(KernelGroupKey.Of(member.Record), [.. owners], workers.Length > 0 ? [.. workers] : owners.Length == 1 ? [.. owners] : []);
        }));

    /// <summary>What is not as it was, in words; nothing when it is.</summary>
    public IEnumerable<string> ChangesSince(GroupLook before)
    {
        foreach ((ulong cookie, Member member) in _members)
        {
            if (!before._members.TryGetValue(cookie, out Member? former))
            {
                yield return $"{Name(cookie, member)} came";
            }
            else if (member.Workers != former.Workers)
            {
                yield return $"{Name(cookie, member)} is served by {Words(member.Workers)}, before by {Words(former.Workers)}";
            }
            else if (member.Owners != former.Owners)
            {
                yield return $"{Name(cookie, member)} is held by {Words(member.Owners)}, before by {Words(former.Owners)}";
            }
        }

        foreach ((ulong cookie, Member gone) in before._members.Where(former => !_members.ContainsKey(former.Key)))
        {
            yield return $"{Name(cookie, gone)} went";
        }
    }

    /// <summary>What cannot be all yet, in words: members that nobody serves beside others that somebody does, and workers from before a moment.</summary>
    /// <param name="since">When the processes that serve must have begun; null when that does not matter.</param>
    /// <param name="startOf">When a process began; null where that is not known.</param>
    public IEnumerable<string> Unfinished(DateTimeOffset? since, Func<int, DateTimeOffset?> startOf)
    {
        bool isAnyServed = _members.Values.Any(member => member.Workers.Count > 0);
        foreach ((ulong cookie, Member member) in _members)
        {
            if (member.Workers.Count == 0 && (isAnyServed || since is not null))
            {
                yield return $"{Name(cookie, member)} is served by nobody that can be seen";
            }

            foreach (Process worker in member.Workers.Items.Where(worker => since is not null && !(startOf(worker.Id) >= since)))
            {
                yield return $"{Name(cookie, member)} is served by {worker}, which began before";
            }
        }
    }

    private static string Name(ulong cookie, Member member) => string.Create(CultureInfo.InvariantCulture, $"{member.Key} cookie {cookie}");

    private static string Words(EquatableArray<Process> processes) => processes.Count == 0 ? "nobody" : string.Join(", ", processes.Items);

    private sealed record Process(int Id, string Command)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Command} {Id}");
    }

    private sealed record Member(KernelGroupKey Key, EquatableArray<Process> Owners, EquatableArray<Process> Workers);
}
