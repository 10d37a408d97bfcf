using ReuseportPS.Engine.Execution;

namespace ReuseportPS.Simulator;

/// <summary>Where one packet goes, and why.</summary>
public readonly record struct Decision
{
    /// <summary>Who decided, and how.</summary>
    public required DecisionKind Kind { get; init; }

    /// <summary>SO_COOKIE of the receiving socket; 0 when there is none or several.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Index of the receiving socket in its kernel group's array at that moment; -1 when it is in no group.</summary>
    public int MemberIndex { get; init; }

    /// <summary>Index of the receiving socket in the sockarray that it sits in; -1 when it sits in none.</summary>
    public int SeatIndex { get; init; }

    /// <summary>The flow's hash as the group that was asked last computed it (the program's <c>ctx->hash</c>); 0 when none was asked.</summary>
    public uint Hash { get; init; }

    /// <summary>Whether the wildcard pass of the lookup found the group, which takes 0 for the local address in the hash.</summary>
    public bool IsWildcardPass { get; init; }

    /// <summary>Programs run for this packet.</summary>
    public int ProgramRuns { get; init; }

    /// <summary>Instructions executed in these runs.</summary>
    public long Instructions { get; init; }

    /// <summary>Return value of the last run, as the kernel compares it.</summary>
    public uint ProgramResult { get; init; }

    /// <summary>Calls of helper 82 in the last run; the calls themselves are <see cref="SimulatedNamespace.LastSelections"/>.</summary>
    public int SelectionCount { get; init; }

    /// <summary>Sockets that got a copy, for <see cref="DecisionKind.Multicast"/>.</summary>
    public int Copies { get; init; }

    /// <summary>What the program did wrong, for <see cref="DecisionKind.ProgramFault"/>.</summary>
    public Fault? Fault { get; init; }

    /// <summary>Whether a socket receives the packet.</summary>
    public bool IsDelivered => Cookie != 0 || Copies > 0;
}
