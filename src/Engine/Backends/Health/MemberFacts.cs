using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>A socket with the address of a kernel group.</summary>
/// <param name="Socket">The socket, and who serves it.</param>
/// <param name="Slot">Its slot; null when it has no seat.</param>
internal sealed record MemberFacts(SurveyedSocket Socket, int? Slot)
{
    /// <summary>Its receive queue at each look, the first to begin with.</summary>
    public ImmutableArray<int> Queues { get; init; } = [];

    /// <summary>Datagrams dropped between the first look and the last.</summary>
    public long Dropped { get; init; }

    public SocketRecord Record => Socket.Record;

    public ulong Cookie => Record.Cookie;

    /// <summary>Whether it can be a member: it is not connected.</summary>
    public bool IsCandidate => !Record.IsConnected;

    /// <summary>Processes that hold it, without process 1, which holds sockets for others.</summary>
    public IEnumerable<SocketOwner> Holders => Record.Owners.Where(owner => owner.ProcessId != 1).DistinctBy(owner => owner.ProcessId);

    /// <summary>The socket in words: <c>cookie 17 (slot 2, nginx 4711)</c>.</summary>
    public override string ToString()
    {
        string who = !Socket.Workers.IsEmpty ? string.Join(", ", Socket.Workers.Take(2))
            : Record.Owners.IsEmpty ? "" : $"{Record.Owners[0].Command} {Record.Owners[0].ProcessId}";
        string slot = Slot is int number ? string.Create(CultureInfo.InvariantCulture, $"slot {number}") : "";
        string about = slot.Length > 0 && who.Length > 0 ? $"{slot}, {who}" : slot + who;
        return string.Create(CultureInfo.InvariantCulture, $"cookie {Cookie}") + (about.Length > 0 ? $" ({about})" : "");
    }
}
