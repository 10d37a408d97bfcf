using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ReuseportPS.Engine.Helpers;

/// <summary>
/// The kernel functions (kfuncs) that make sense off-kernel, of those that an SK_REUSEPORT program may call on 6.18 (<c>common_btf_ids</c> of
/// <c>kernel/bpf/helpers.c</c>). A loaded program refers to them by their number here.
/// </summary>
public static class KernelFunctions
{
    /// <summary>Their names; the position is the number.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        "bpf_rcu_read_lock", "bpf_rcu_read_unlock",
        "bpf_preempt_disable", "bpf_preempt_enable",
        "bpf_local_irq_save", "bpf_local_irq_restore",
        "bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy",
    ];

    private static readonly ImmutableArray<int> s_argumentCounts = [0, 0, 0, 0, 1, 1, 3, 1, 1];

    private static readonly FrozenDictionary<string, int> s_numbers = Names.Select(KeyValuePair.Create).ToFrozenDictionary();

    /// <summary>How many arguments the kernel function of a number takes.</summary>
    public static int ArgumentCountOf(int number) => s_argumentCounts[number];

    /// <summary>The number of a name, or -1.</summary>
    public static int Find(string name) => s_numbers.GetValueOrDefault(name, -1);
}
