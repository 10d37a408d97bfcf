using System.Runtime.InteropServices;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

/// <summary>BPF_PROG_TEST_RUN of a program that takes a packet: one run with 64 bytes of zeros.</summary>
internal static unsafe class TestRun
{
    /// <summary>What the program returned.</summary>
    public static uint Invoke(LinuxProgram program)
    {
        using FdLease lease = new(program.Fd);
        byte* packet = stackalloc byte[64];
        TestRunAttributes attributes = new() { prog_fd = lease.Number, data_size_in = 64, data_in = (ulong)packet, repeat = 1 };
        Assert.Equal(0, BpfCall.Invoke(BpfCommand.BPF_PROG_TEST_RUN, ref attributes));
        return attributes.retval;
    }

    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct TestRunAttributes
    {
        [FieldOffset(0)] internal int prog_fd;
        [FieldOffset(4)] internal uint retval;
        [FieldOffset(8)] internal uint data_size_in;
        [FieldOffset(16)] internal ulong data_in;
        [FieldOffset(32)] internal uint repeat;
    }
}
