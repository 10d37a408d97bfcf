using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// Spin locks in map values (<c>bpf_spin_lock</c>, <c>bpf_spin_unlock</c>). One thread runs a program, so a lock is never waited for; what the kernel's
/// verifier refuses is a fault: a second lock, one that is not held given back, an exit with one. (Not seen: a helper called under a lock.)
/// </summary>
internal static class SpinLockHelpers
{
    public static void AddTo(HelperTable table) => table
        .Set(HelperId.SpinLock, static (machine, address, _, _, _, _) => Lock(machine, address))
        .Set(HelperId.SpinUnlock, static (machine, address, _, _, _, _) => Unlock(machine, address));

    private static ulong Lock(Machine machine, ulong address)
    {
        if (!TryGet(machine, address, out BpfMap? map, out uint offset))
        {
            return 0;
        }

        if (machine.HoldsSpinLock())
        {
            machine.Fail(FaultKind.BadArgument, address, "the run holds a spin lock already, and may hold one at a time");
            return 0;
        }

        machine.Acquire(map, offset);
        Write(machine, address, 1);
        return 0;
    }

    private static ulong Unlock(Machine machine, ulong address)
    {
        if (TryGet(machine, address, out BpfMap? map, out uint offset))
        {
            if (machine.Release(map, offset))
            {
                Write(machine, address, 0);
            }
            else
            {
                machine.Fail(FaultKind.BadArgument, address, "the run does not hold this spin lock");
            }
        }

        return 0;
    }

    private static bool TryGet(Machine machine, ulong address, [NotNullWhen(true)] out BpfMap? map, out uint offset)
    {
        if (machine.TryGetMapOfValue(address, out map, out offset)
            && map.Spec.SpinLockOffset is int field
            && (map.Values.RowShift == 0 ? offset : offset & ((1u << map.Values.RowShift) - 1)) == (uint)field)
        {
            return true;
        }

        machine.Fail(FaultKind.BadArgument, address, $"0x{address:x} is not the spin lock of a map value");
        map = null;
        return false;
    }

    private static void Write(Machine machine, ulong address, uint state)
    {
        if (machine.TryWrite(address, sizeof(uint), out Span<byte> field))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(field, state);
        }
    }
}
