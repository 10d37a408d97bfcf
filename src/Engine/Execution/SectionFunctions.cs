namespace ReuseportPS.Engine.Execution;

/// <summary>
/// The kernel functions that keep others off: RCU, preemption, interrupts. Nothing else runs beside a program here, so they only take note: to leave what
/// was not entered, or to end inside, is a fault, as the verifier would have it.
/// </summary>
internal static class SectionFunctions
{
    // Where the state of the interrupts is kept; the program may not look at it.
    private const int FlagsSize = 8;

    public static void AddTo(HelperTable table) => table
        .SetKernelFunction("bpf_rcu_read_lock", static (machine, _, _, _, _, _) => Enter(machine, KernelSection.RcuRead))
        .SetKernelFunction("bpf_rcu_read_unlock", static (machine, _, _, _, _, _) => Leave(machine, KernelSection.RcuRead))
        .SetKernelFunction("bpf_preempt_disable", static (machine, _, _, _, _, _) => Enter(machine, KernelSection.WithoutPreemption))
        .SetKernelFunction("bpf_preempt_enable", static (machine, _, _, _, _, _) => Leave(machine, KernelSection.WithoutPreemption))
        .SetKernelFunction("bpf_local_irq_save", static (machine, flags, _, _, _, _) => machine.TryWrite(flags, FlagsSize, out _) ? Enter(machine, KernelSection.WithoutInterrupts) : 0)
        .SetKernelFunction("bpf_local_irq_restore", static (machine, flags, _, _, _, _) => machine.TryRead(flags, FlagsSize, out _) ? Leave(machine, KernelSection.WithoutInterrupts) : 0);

    private static ulong Enter(Machine machine, KernelSection section)
    {
        machine.Acquire(null, (uint)section);
        return 0;
    }

    private static ulong Leave(Machine machine, KernelSection section)
    {
        if (!machine.Release(null, (uint)section))
        {
            machine.Fail(FaultKind.BadArgument, null, $"there is no {Machine.Describe(section)} to leave");
        }

        return 0;
    }
}
