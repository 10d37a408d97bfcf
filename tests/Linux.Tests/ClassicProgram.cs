using System.Runtime.InteropServices;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

/// <summary>Classic BPF programs, which the backend has no use for.</summary>
internal static unsafe class ClassicProgram
{
    /// <summary>Attaches "return k": member k of the group gets everything.</summary>
    internal static void AttachReturn(LinuxSocket socket, int k)
    {
        // struct sock_filter { u16 code; u8 jt, jf; u32 k }: BPF_RET | BPF_K
        ulong instruction = 0x06 | ((ulong)(uint)k << 32);
        Span<byte> program = stackalloc byte[16]; // struct sock_fprog { u16 len; void *filter }
        program.Clear();
        program[0] = 1;
        ulong address = (ulong)&instruction;
        MemoryMarshal.Write(program[8..], in address);
        Assert.Equal(Errno.None, (Errno)(int)-Sys.setsockopt(socket.Fd, SocketConstants.SOL_SOCKET, SocketConstants.SO_ATTACH_REUSEPORT_CBPF, program));
    }
}
