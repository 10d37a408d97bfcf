using System.Collections.Frozen;
using System.Collections.Immutable;
using static ReuseportPS.Engine.Helpers.HelperArgument;
using R = ReuseportPS.Engine.Helpers.HelperResult;

namespace ReuseportPS.Engine.Helpers;

/// <summary>The helpers that an SK_REUSEPORT program may call on kernel 6.18, found by trying every number.</summary>
public static class HelperPrototypes
{
    /// <summary>All of them, by number.</summary>
    public static ImmutableArray<HelperPrototype> All { get; } =
    [
        new(1, "map_lookup_elem", [Map, MapKey], R.MapValueOrNull, "3.19"),
        new(2, "map_update_elem", [Map, MapKey, MapValue, Any], R.Integer, "3.19"),
        new(3, "map_delete_elem", [Map, MapKey], R.Integer, "3.19"),
        new(5, "ktime_get_ns", [], R.Integer, "4.1"),
        new(6, "trace_printk", [MemoryIn, Size, Any, Any, Any], R.Integer, "4.1", NeedsPerfmon: true, NeedsGpl: true),
        new(7, "get_prandom_u32", [], R.Integer, "4.1"),
        new(8, "get_smp_processor_id", [], R.Integer, "4.1"),
        new(12, "tail_call", [Context, Map, Any], R.Void, "4.2"),
        new(14, "get_current_pid_tgid", [], R.Integer, "4.2"),
        new(15, "get_current_uid_gid", [], R.Integer, "4.2"),
        new(16, "get_current_comm", [MemoryOut, Size], R.Integer, "4.2", NeedsPerfmon: true),
        new(17, "get_cgroup_classid", [], R.Integer, "4.3"),
        new(22, "perf_event_read", [Map, Any], R.Integer, "4.3", NeedsPerfmon: true, NeedsGpl: true),
        new(26, "skb_load_bytes", [Context, Any, MemoryOut, Size], R.Integer, "4.5"),
        new(35, "get_current_task", [], R.Integer, "4.8", NeedsPerfmon: true, NeedsGpl: true),
        new(37, "current_task_under_cgroup", [Map, Any], R.Integer, "4.9"),
        new(42, "get_numa_node_id", [], R.Integer, "4.10"),
        new(46, "get_socket_cookie", [SocketOrNull], R.Integer, "4.12"),
        new(55, "perf_event_read_value", [Map, Any, MemoryOut, Size], R.Integer, "4.15", NeedsPerfmon: true, NeedsGpl: true),
        new(68, "skb_load_bytes_relative", [Context, Any, MemoryOut, Size, Any], R.Integer, "4.18"),
        new(80, "get_current_cgroup_id", [], R.Integer, "4.18"),
        new(82, "sk_select_reuseport", [Context, Map, MapKey, Any], R.Integer, "4.19"),
        new(87, "map_push_elem", [Map, MapValue, Any], R.Integer, "4.20"),
        new(88, "map_pop_elem", [Map, MapValueOut], R.Integer, "4.20"),
        new(89, "map_peek_elem", [Map, MapValueOut], R.Integer, "4.20"),
        new(93, "spin_lock", [SpinLockField], R.Void, "5.1"),
        new(94, "spin_unlock", [SpinLockField], R.Void, "5.1"),
        new(105, "strtol", [MemoryIn, Size, Any, LongOut], R.Integer, "5.2"),
        new(106, "strtoul", [MemoryIn, Size, Any, LongOut], R.Integer, "5.2"),
        new(109, "send_signal", [Any], R.Integer, "5.3", NeedsPerfmon: true),
        new(112, "probe_read_user", [MemoryOut, SizeOrZero, Any], R.Integer, "5.5", NeedsPerfmon: true, NeedsGpl: true),
        new(113, "probe_read_kernel", [MemoryOut, SizeOrZero, Any], R.Integer, "5.5", NeedsPerfmon: true, NeedsGpl: true),
        new(114, "probe_read_user_str", [MemoryOut, SizeOrZero, Any], R.Integer, "5.5", NeedsPerfmon: true, NeedsGpl: true),
        new(115, "probe_read_kernel_str", [MemoryOut, SizeOrZero, Any], R.Integer, "5.5", NeedsPerfmon: true, NeedsGpl: true),
        new(117, "send_signal_thread", [Any], R.Integer, "5.6", NeedsPerfmon: true),
        new(118, "jiffies64", [], R.Integer, "5.6"),
        new(120, "get_ns_current_pid_tgid", [Any, Any, MemoryOut, Size], R.Integer, "5.7"),
        new(123, "get_current_ancestor_cgroup_id", [Any], R.Integer, "5.7"),
        new(125, "ktime_get_boot_ns", [], R.Integer, "5.8"),
        new(130, "ringbuf_output", [Map, MemoryIn, SizeOrZero, Any], R.Integer, "5.8"),
        new(131, "ringbuf_reserve", [Map, AllocationSize, Any], R.RingBufferRecordOrNull, "5.8"),
        new(132, "ringbuf_submit", [RingBufferRecordReleased, Any], R.Void, "5.8"),
        new(133, "ringbuf_discard", [RingBufferRecordReleased, Any], R.Void, "5.8"),
        new(134, "ringbuf_query", [Map, Any], R.Integer, "5.8"),
        new(141, "get_task_stack", [BtfObject, MemoryOut, SizeOrZero, Any], R.Integer, "5.9", NeedsPerfmon: true),
        new(148, "copy_from_user", [MemoryOut, SizeOrZero, Any], R.Integer, "5.10", NeedsPerfmon: true, MaySleep: true),
        new(149, "snprintf_btf", [MemoryOutInitialized, Size, MemoryIn, Size, Any], R.Integer, "5.10", NeedsPerfmon: true),
        new(153, "per_cpu_ptr", [PerCpuVariable, Any], R.ReadOnlyVariableOrNull, "5.10"),
        new(154, "this_cpu_ptr", [PerCpuVariable], R.ReadOnlyVariable, "5.10"),
        new(156, "task_storage_get", [Map, BtfObjectOrNull, MapValueOrNull, Any], R.MapValueOrNull, "5.11"),
        new(157, "task_storage_delete", [Map, BtfObjectOrNull], R.Integer, "5.11"),
        new(158, "get_current_task_btf", [], R.TrustedBtfObject, "5.11", NeedsPerfmon: true, NeedsGpl: true),
        new(160, "ktime_get_coarse_ns", [], R.Integer, "5.11"),
        new(164, "for_each_map_elem", [Map, Function, StackOrNull, Any], R.Integer, "5.13"),
        new(165, "snprintf", [MemoryOutInitializedOrNull, SizeOrZero, ConstantString, MemoryInOrNull, SizeOrZero], R.Integer, "5.13", NeedsPerfmon: true, NeedsGpl: true),
        new(169, "timer_init", [TimerField, Map, Any], R.Integer, "5.15", NeedsGpl: true),
        new(170, "timer_set_callback", [TimerField, Function], R.Integer, "5.15", NeedsGpl: true),
        new(171, "timer_start", [TimerField, Any, Any], R.Integer, "5.15", NeedsGpl: true),
        new(172, "timer_cancel", [TimerField], R.Integer, "5.15", NeedsGpl: true),
        new(175, "task_pt_regs", [BtfObject], R.BtfObject, "5.15", NeedsPerfmon: true, NeedsGpl: true),
        new(176, "get_branch_snapshot", [MemoryOut, SizeOrZero], R.Integer, "5.16", NeedsPerfmon: true, NeedsGpl: true),
        new(177, "trace_vprintk", [MemoryIn, Size, MemoryInOrNull, SizeOrZero], R.Integer, "5.16", NeedsPerfmon: true, NeedsGpl: true),
        new(180, "find_vma", [BtfObject, Any, Function, StackOrNull, Any], R.Integer, "5.17", NeedsPerfmon: true),
        new(181, "loop", [Scalar, Function, StackOrNull, Any], R.Integer, "5.17"),
        new(182, "strncmp", [MemoryIn, Size, ConstantString], R.Integer, "5.17"),
        new(191, "copy_from_user_task", [MemoryOut, SizeOrZero, Any, BtfObject, Any], R.Integer, "5.18", NeedsPerfmon: true, NeedsGpl: true, MaySleep: true),
        new(194, "kptr_xchg", [KernelPointerField, BtfObjectOrNullReleased], R.BtfObjectOrNull, "5.19"),
        new(195, "map_lookup_percpu_elem", [Map, MapKey, Any], R.MapValueOrNull, "5.19"),
        new(197, "dynptr_from_mem", [MemoryOut, SizeOrZero, Any, LocalDynptrOut], R.Integer, "5.19"),
        new(198, "ringbuf_reserve_dynptr", [Map, Any, Any, RingBufferDynptrOut], R.Integer, "5.19"),
        new(199, "ringbuf_submit_dynptr", [RingBufferDynptrReleased, Any], R.Void, "5.19"),
        new(200, "ringbuf_discard_dynptr", [RingBufferDynptrReleased, Any], R.Void, "5.19"),
        new(201, "dynptr_read", [MemoryOut, SizeOrZero, DynptrIn, Any, Any], R.Integer, "5.19"),
        new(202, "dynptr_write", [DynptrIn, Any, MemoryIn, SizeOrZero, Any], R.Integer, "5.19"),
        new(203, "dynptr_data", [DynptrIn, Any, AllocationSize], R.DynptrMemoryOrNull, "5.19"),
        new(208, "ktime_get_tai_ns", [], R.Integer, "6.1"),
        new(209, "user_ringbuf_drain", [Map, Function, StackOrNull, Any], R.Integer, "6.1"),
        new(210, "cgrp_storage_get", [Map, BtfObjectOrNull, MapValueOrNull, Any], R.MapValueOrNull, "6.2"),
        new(211, "cgrp_storage_delete", [Map, BtfObjectOrNull], R.Integer, "6.2"),
    ];

    private static readonly FrozenDictionary<int, HelperPrototype> s_byId = All.ToFrozenDictionary(prototype => prototype.Id);

    /// <summary>The prototype of a number, or null.</summary>
    public static HelperPrototype? Find(int id) => s_byId.GetValueOrDefault(id);

    /// <summary>Number and name for messages: <c>82 (sk_select_reuseport)</c>, or the number alone when the name is not known.</summary>
    public static string Describe(int id) => Find(id) is HelperPrototype prototype ? $"{id} ({prototype.Name})" : $"{id}";
}
