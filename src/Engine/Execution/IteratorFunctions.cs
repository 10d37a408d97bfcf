using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// The kernel functions of the numeric iterator (<c>kernel/bpf/bpf_iter.c</c>). An iterator is 8 bytes of the program's stack: the number it is at and the
/// end; <c>next</c> gives the address of the former.
/// </summary>
internal static class IteratorFunctions
{
    private const int IteratorSize = 8;

    public static void AddTo(HelperTable table) => table
        .SetKernelFunction("bpf_iter_num_new", static (machine, iterator, start, end, _, _) => New(machine, iterator, (int)start, (int)end))
        .SetKernelFunction("bpf_iter_num_next", static (machine, iterator, _, _, _, _) => Next(machine, iterator))
        .SetKernelFunction("bpf_iter_num_destroy", static (machine, iterator, _, _, _, _) => Set(machine, iterator, 0, 0));

    private static ulong New(Machine machine, ulong iterator, int start, int end)
    {
        Errno error = start > end ? Errno.EINVAL : (long)end - start > LoopHelpers.MaxLoops ? Errno.E2BIG : Errno.None;
        Set(machine, iterator, error == Errno.None ? start - 1 : 0, error == Errno.None ? end : 0);
        return error.Negated32();
    }

    private static ulong Next(Machine machine, ulong iterator)
    {
        if (!machine.TryRead(iterator, IteratorSize, out ReadOnlySpan<byte> bytes))
        {
            return 0;
        }

        int next = BinaryPrimitives.ReadInt32LittleEndian(bytes) + 1;
        int end = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (next >= end)
        {
            return Set(machine, iterator, 0, 0);
        }

        Set(machine, iterator, next, end);
        return iterator;
    }

    private static ulong Set(Machine machine, ulong iterator, int current, int end)
    {
        if (machine.TryWrite(iterator, IteratorSize, out Span<byte> bytes))
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, current);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], end);
        }

        return 0;
    }
}
