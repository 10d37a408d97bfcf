using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>A kernel group, or sockets that could be one.</summary>
/// <param name="Key">What the kernel tells it apart by.</param>
/// <param name="IsManaged">Whether it is of the group that is tested.</param>
internal sealed record KernelGroupFacts(KernelGroupKey Key, bool IsManaged)
{
    /// <summary>Cookie in each slot's seat, 0 for an empty one; empty when it is not managed.</summary>
    public ImmutableArray<ulong> Seats { get; init; } = [];

    /// <summary>Sockets with its key, connected ones too.</summary>
    public ImmutableArray<MemberFacts> Sockets { get; init; } = [];

    /// <summary>TCP sockets with its key that do not listen.</summary>
    public ImmutableArray<MemberFacts> Idle { get; init; } = [];

    /// <summary>Cookies of the members, in the kernel's order; null when that cannot be seen.</summary>
    public ImmutableArray<ulong>? Order { get; init; }

    /// <summary>What is attached; null when there is nobody to look at.</summary>
    public Attachment? Attachment { get; init; }

    /// <summary>Whether that was attached by this project, or is nothing.</summary>
    public bool IsOurs { get; init; } = true;

    /// <summary>Whether a program of this project should be attached.</summary>
    public bool ExpectsProgram { get; init; }

    /// <summary>Sockets that are not connected.</summary>
    public IEnumerable<MemberFacts> Candidates => Sockets.Where(socket => socket.IsCandidate);

    /// <summary>Whether seats are taken, and by nobody who can be found from here.</summary>
    public bool IsElsewhere => Sockets.IsEmpty && Seats.Any(cookie => cookie != 0);
}
