using System.Runtime.InteropServices;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;
using static ReuseportPS.Engine.Isa.Instructions;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Linux.Hashing;

/// <summary>
/// Reads memory of the kernel by a program that is attached to nothing (BPF_PROG_TEST_RUN). A read that would fault fails. Needs CAP_BPF and CAP_PERFMON.
/// </summary>
internal sealed unsafe class KernelMemory : IDisposable
{
    /// <summary>Most bytes of one read.</summary>
    internal const int LargestRead = 1024;

    private const int ProbeReadKernel = 113;
    private static readonly byte[] s_zero = new byte[4];

    private readonly LinuxMap _bytes;
    private readonly LinuxProgram _program;

    /// <summary>Loads the program.</summary>
    /// <exception cref="Engine.Backends.BackendException">It is refused.</exception>
    internal KernelMemory()
    {
        MapSpec bytes = new("rps_memory", MapType.Array, 4, LargestRead, 1);
        _bytes = LinuxMap.Create(bytes);
        try
        {
            ProgramBuilder code = new();
            Label end = code.NewLabel("end");
            code.Add(Load(MemorySize.DoubleWord, R3, R1, 0), Load(MemorySize.DoubleWord, R2, R1, 8), MoveImmediate(R0, 1));
            code.JumpIf(JumpOperation.GreaterThan, R2, LargestRead, end);
            code.Add(LoadMapValue(R1, 0, 0), CallHelper(ProbeReadKernel));
            code.Mark(end);
            code.Add(Exit());
            _program = LinuxProgram.Load(new ProgramSpec("rps_memory", ProgramType.RawTracepoint, AttachType.None, code.Build(), [bytes], "GPL"), [_bytes]);
        }
        catch
        {
            _bytes.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _program.Dispose();
        _bytes.Dispose();
    }

    /// <summary>The bytes at an address, or null when they cannot be read.</summary>
    internal byte[]? Read(ulong address, int length)
    {
        using FdLease lease = new(_program.Fd);
        ulong* context = stackalloc ulong[2] { address, (ulong)length };
        ProgramTestRunAttributes attributes = new() { prog_fd = lease.Number, ctx_size_in = 2 * sizeof(ulong), ctx_in = (ulong)context };
        return BpfCall.ErrnoOf(BpfCall.Invoke(BpfCommand.BPF_PROG_TEST_RUN, ref attributes)) == Errno.None && attributes.retval == 0
            ? _bytes.Lookup(s_zero)![..length]
            : null;
    }

    /// <summary>The 32 bits at an address, or null.</summary>
    internal uint? ReadWord(ulong address) => Read(address, sizeof(uint)) is { } bytes ? MemoryMarshal.Read<uint>(bytes) : null;
}
