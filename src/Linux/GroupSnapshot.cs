using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Linux;

/// <summary>A kernel group as the X-ray sees it.</summary>
/// <param name="Attachment">Its program.</param>
/// <param name="ClosedCount">Members that were shut down and are kept for migration.</param>
/// <param name="Members">Cookies of the live members in the kernel's order; a cookie nobody has asked for yet is 0.</param>
public sealed record GroupSnapshot(Attachment Attachment, int ClosedCount, ImmutableArray<ulong> Members);
