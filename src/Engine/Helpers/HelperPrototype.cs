using System.Collections.Immutable;

namespace ReuseportPS.Engine.Helpers;

/// <summary>One helper as the verifier sees it (<c>struct bpf_func_proto</c>).</summary>
/// <param name="Id">Number in a call instruction.</param>
/// <param name="Name">Name without <c>bpf_</c>.</param>
/// <param name="Arguments">Arguments from r1 on.</param>
/// <param name="Result">What is in r0 afterwards.</param>
/// <param name="Since">First kernel version with this number (from memory, not looked up in a history).</param>
/// <param name="NeedsPerfmon">Loading needs CAP_PERFMON beside CAP_BPF.</param>
/// <param name="NeedsGpl">Loading needs a GPL-compatible licence.</param>
/// <param name="MaySleep">Listed, but refused in a program that may not sleep, as SK_REUSEPORT may not.</param>
public sealed record HelperPrototype(
    int Id, string Name, ImmutableArray<HelperArgument> Arguments, HelperResult Result, string Since,
    bool NeedsPerfmon = false, bool NeedsGpl = false, bool MaySleep = false);
