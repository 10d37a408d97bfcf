using System.Buffers.Binary;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// The kernel functions that keep others off: RCU, preemption, interrupts. Nothing else runs beside a program here, so they only count: an end without a
/// beginning is a fault, as the verifier would have it.
/// </summary>
internal static class LockFunctions
{
    private const int FlagsSize = 8;

    public static void AddTo(HelperTable table) => table
        .SetKernelFunction("bpf_rcu_read_lock", static (machine, _, _, _, _, _) => Enter(ref machine.ReadSections))
        .SetKernelFunction("bpf_rcu_read_unlock", static (machine, _, _, _, _, _) => Leave(machine, ref machine.ReadSections, "RCU read section"))
        .SetKernelFunction("bpf_preempt_disable", static (machine, _, _, _, _, _) => Enter(ref machine.PreemptionsOff))
        .SetKernelFunction("bpf_preempt_enable", static (machine, _, _, _, _, _) => Leave(machine, ref machine.PreemptionsOff, "section without preemption"))
        .SetKernelFunction("bpf_local_irq_save", static (machine, flags, _, _, _, _) => TrySave(machine, flags) ? Enter(ref machine.InterruptsOff) : 0)
        .SetKernelFunction("bpf_local_irq_restore", static (machine, flags, _, _, _, _) =>
            machine.TryRead(flags, FlagsSize, out _) ? Leave(machine, ref machine.InterruptsOff, "section without interrupts") : 0);

    private static ulong Enter(ref int depth)
    {
        depth++;
        return 0;
    }

    private static ulong Leave(Machine machine, ref int depth, string section)
    {
        if (depth == 0)
        {
            machine.Fail(FaultKind.BadArgument, null, $"there is no {section} to leave");
        }
        else
        {
            depth--;
        }

        return 0;
    }

    // What the interrupt flag was; the program may not look at it.
    private static bool TrySave(Machine machine, ulong flags)
    {
        if (!machine.TryWrite(flags, FlagsSize, out Span<byte> bytes))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, machine.InterruptsOff == 0 ? 1u : 0);
        return true;
    }
}
