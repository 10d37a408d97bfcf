using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_PROG_TEST_RUN.</summary>
[StructLayout(LayoutKind.Explicit, Size = 80)]
internal struct ProgramTestRunAttributes
{
    [FieldOffset(0)] internal int prog_fd;
    [FieldOffset(4)] internal uint retval;
    [FieldOffset(40)] internal uint ctx_size_in;
    [FieldOffset(48)] internal ulong ctx_in;
}
