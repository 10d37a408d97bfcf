using System.Diagnostics.CodeAnalysis;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers of ring buffers (<c>kernel/bpf/ringbuf.c</c>). A reserved record is held by the run until it is submitted or discarded.</summary>
internal static class RingBufferHelpers
{
    public static void AddTo(HelperTable table) => table
        .Set(HelperId.RingBufferOutput, static (machine, map, data, size, flags, _) => Output(machine, map, data, size, flags))
        .Set(HelperId.RingBufferReserve, static (machine, map, size, flags, _, _) => Reserve(machine, map, size, flags))
        .Set(HelperId.RingBufferSubmit, static (machine, record, flags, _, _, _) => Commit(machine, record, flags, discard: false))
        .Set(HelperId.RingBufferDiscard, static (machine, record, flags, _, _, _) => Commit(machine, record, flags, discard: true))
        .Set(HelperId.RingBufferReserveDynptr, static (machine, map, size, flags, dynptr, _) => ReserveDynptr(machine, map, (uint)size, flags, dynptr))
        .Set(HelperId.RingBufferSubmitDynptr, static (machine, dynptr, flags, _, _, _) => CommitDynptr(machine, dynptr, flags, discard: false))
        .Set(HelperId.RingBufferDiscardDynptr, static (machine, dynptr, flags, _, _, _) => CommitDynptr(machine, dynptr, flags, discard: true))
        .Set(HelperId.RingBufferQuery, static (machine, map, what, _, _, _) => TryGet(machine, map, out RingBuffer? ring) ? ring.Query(what) : 0);

    private static ulong Output(Machine machine, ulong mapAddress, ulong dataAddress, ulong size, ulong flags)
    {
        if (!TryGet(machine, mapAddress, out RingBuffer? ring))
        {
            return 0;
        }

        if (size > int.MaxValue)
        {
            machine.Fail(FaultKind.BadArgument, dataAddress, $"{size} bytes are more than any memory of the program has");
            return 0;
        }

        return machine.TryRead(dataAddress, (int)size, out ReadOnlySpan<byte> data) ? ring.Output(data, flags).Negated() : 0;
    }

    private static ulong Reserve(Machine machine, ulong mapAddress, ulong size, ulong flags)
    {
        if (!TryGet(machine, mapAddress, out RingBuffer? ring) || flags != 0 || !ring.TryReserve(size, out uint offset))
        {
            return 0;
        }

        machine.Acquire(ring, offset);
        return Machine.ValueAddress(mapAddress, offset);
    }

    // The dynptr of a call that failed is given up like one over a record.
    private static ulong ReserveDynptr(Machine machine, ulong mapAddress, uint size, ulong flags, ulong dynptr)
    {
        Errno refused = flags != 0 ? Errno.EINVAL : size > DynptrHelpers.LargestSize ? Errno.E2BIG : Errno.None;
        ulong record = refused == Errno.None ? Reserve(machine, mapAddress, size, 0) : 0;
        return !DynptrHelpers.TryWriteDynptr(machine, dynptr, record, record == 0 ? 0 : size) ? 0
            : refused != Errno.None ? refused.Negated()
            : record == 0 ? Errno.EINVAL.Negated()
            : 0;
    }

    private static ulong CommitDynptr(Machine machine, ulong dynptr, ulong flags, bool discard)
    {
        if (DynptrHelpers.TryReadDynptr(machine, dynptr, out ulong record, out _) && record != 0)
        {
            Commit(machine, record, flags, discard);
            DynptrHelpers.TryWriteDynptr(machine, dynptr, 0, 0);
        }

        return 0;
    }

    private static ulong Commit(Machine machine, ulong record, ulong flags, bool discard)
    {
        if (!machine.TryGetMapOfValue(record, out BpfMap? map, out uint offset) || map is not RingBuffer ring || !machine.Release(ring, offset))
        {
            machine.Fail(FaultKind.BadArgument, record, $"0x{record:x} is not a ring buffer record that the run holds");
            return 0;
        }

        ring.Commit(offset, discard, flags);
        return 0;
    }

    private static bool TryGet(Machine machine, ulong address, [NotNullWhen(true)] out RingBuffer? ring)
    {
        ring = null;
        if (!machine.TryGetMap(address, out BpfMap? map))
        {
            return false;
        }

        ring = map as RingBuffer;
        if (ring is null)
        {
            machine.Fail(FaultKind.BadArgument, address, $"map '{map.Spec.Name}' ({map.Spec.Type}) is not a ring buffer");
        }

        return ring is not null;
    }
}
