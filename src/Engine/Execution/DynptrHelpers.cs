using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// The helpers on dynptrs (<c>kernel/bpf/helpers.c</c>). A dynptr is 16 bytes of the program's stack that it may not look into: here the address of the
/// memory, its size, and 0. All zeros is the dynptr of a failed call. Whatever is in it, memory is reached only as the program itself could reach it.
/// </summary>
internal static class DynptrHelpers
{
    /// <summary>DYNPTR_MAX_SIZE.</summary>
    public const uint LargestSize = (1 << 24) - 1;

    private const int DynptrSize = 16;

    public static void AddTo(HelperTable table) => table
        .Set(HelperId.DynptrFromMemory, static (machine, data, size, flags, dynptr, _) => FromMemory(machine, data, (uint)size, flags, dynptr))
        .Set(HelperId.DynptrRead, static (machine, to, length, dynptr, offset, flags) => Read(machine, to, (uint)length, dynptr, (uint)offset, flags))
        .Set(HelperId.DynptrWrite, static (machine, dynptr, offset, from, length, flags) => Write(machine, dynptr, (uint)offset, from, (uint)length, flags))
        .Set(HelperId.DynptrData, static (machine, dynptr, offset, length, _, _) => Data(machine, dynptr, (uint)offset, (uint)length));

    /// <summary>Writes a dynptr over memory; one of size 0 at address 0 is that of a failed call. False, and the run ends, when there is no room for it.</summary>
    public static bool TryWriteDynptr(Machine machine, ulong dynptr, ulong data, uint size)
    {
        if (!machine.TryWrite(dynptr, DynptrSize, out Span<byte> bytes))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, data);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], size);
        return true;
    }

    /// <summary>What a dynptr is over; address 0 when the call that made it failed. False, and the run ends, when it is not the program's memory.</summary>
    public static bool TryReadDynptr(Machine machine, ulong dynptr, out ulong data, out uint size)
    {
        bool isThere = machine.TryRead(dynptr, DynptrSize, out ReadOnlySpan<byte> bytes);
        data = isThere ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        size = isThere ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) : 0;
        return isThere;
    }

    private static ulong FromMemory(Machine machine, ulong data, uint size, ulong flags, ulong dynptr)
    {
        if (!machine.TryWrite(data, (int)size, out _))
        {
            return 0;
        }

        Errno error = size > LargestSize ? Errno.E2BIG : flags != 0 ? Errno.EINVAL : Errno.None;
        return TryWriteDynptr(machine, dynptr, error == Errno.None ? data : 0, error == Errno.None ? size : 0) ? error.Negated() : 0;
    }

    private static ulong Read(Machine machine, ulong to, uint length, ulong dynptr, uint offset, ulong flags)
    {
        if (!machine.TryWrite(to, (int)length, out Span<byte> bytes) || !TryReadDynptr(machine, dynptr, out ulong data, out uint size))
        {
            return 0;
        }

        if (data == 0 || flags != 0)
        {
            return Errno.EINVAL.Negated();
        }

        if (!IsWithin(offset, length, size))
        {
            return Errno.E2BIG.Negated();
        }

        if (machine.TryRead(data + offset, (int)length, out ReadOnlySpan<byte> from))
        {
            from.CopyTo(bytes);
        }

        return 0;
    }

    private static ulong Write(Machine machine, ulong dynptr, uint offset, ulong from, uint length, ulong flags)
    {
        if (!machine.TryRead(from, (int)length, out ReadOnlySpan<byte> bytes) || !TryReadDynptr(machine, dynptr, out ulong data, out uint size))
        {
            return 0;
        }

        if (data == 0)
        {
            return Errno.EINVAL.Negated();
        }

        if (!IsWithin(offset, length, size))
        {
            return Errno.E2BIG.Negated();
        }

        if (flags != 0)
        {
            return Errno.EINVAL.Negated();
        }

        if (machine.TryWrite(data + offset, (int)length, out Span<byte> to))
        {
            bytes.CopyTo(to);
        }

        return 0;
    }

    private static ulong Data(Machine machine, ulong dynptr, uint offset, uint length) =>
        TryReadDynptr(machine, dynptr, out ulong data, out uint size) && data != 0 && IsWithin(offset, length, size) ? data + offset : 0;

    private static bool IsWithin(uint offset, uint length, uint size) => length <= size && offset <= size - length;
}
