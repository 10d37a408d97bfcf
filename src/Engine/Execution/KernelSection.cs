namespace ReuseportPS.Engine.Execution;

/// <summary>What a run may enter by a kernel function and must leave before it ends.</summary>
internal enum KernelSection : uint
{
    /// <summary>Between bpf_rcu_read_lock and bpf_rcu_read_unlock.</summary>
    RcuRead,

    /// <summary>Between bpf_preempt_disable and bpf_preempt_enable.</summary>
    WithoutPreemption,

    /// <summary>Between bpf_local_irq_save and bpf_local_irq_restore.</summary>
    WithoutInterrupts,
}
