using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Preview;

/// <summary>How often helper 82 (bpf_sk_select_reuseport) answered so.</summary>
/// <param name="Result">None when it selected; else why not: ENOENT for an empty seat.</param>
/// <param name="Count">Calls.</param>
public sealed record SelectionCount(Errno Result, long Count);
