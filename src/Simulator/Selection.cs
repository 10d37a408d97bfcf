using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator;

/// <summary>One call of helper 82 (<c>bpf_sk_select_reuseport</c>) by a program.</summary>
/// <param name="MapId">Id of the socket map.</param>
/// <param name="Index">Index asked for.</param>
/// <param name="Result">None, ENOENT, EINVAL, EPROTOTYPE, EAFNOSUPPORT or EBADFD.</param>
/// <param name="Cookie">SO_COOKIE of the socket found, selected or not; 0 when the place is empty.</param>
public readonly record struct Selection(uint MapId, uint Index, Errno Result, ulong Cookie);
