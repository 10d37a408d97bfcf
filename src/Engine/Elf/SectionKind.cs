using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Elf;

/// <summary>What a section of code says of its programs, by libbpf's names.</summary>
internal static class SectionKind
{
    private static readonly Dictionary<string, (ProgramType Type, AttachType Attach)> s_known = new(StringComparer.Ordinal)
    {
        ["sk_reuseport"] = (ProgramType.SkReuseport, AttachType.SkReuseportSelect),
        ["sk_reuseport/migrate"] = (ProgramType.SkReuseport, AttachType.SkReuseportSelectOrMigrate),
        ["socket"] = (ProgramType.SocketFilter, AttachType.None),
        ["xdp"] = (ProgramType.Xdp, AttachType.None),
        ["tc"] = (ProgramType.SchedClassifier, AttachType.None),
        ["classifier"] = (ProgramType.SchedClassifier, AttachType.None),
    };

    // The beginnings of section names that libbpf maps to a kind of program, with the kernel's name of the kind.
    private static readonly (string Prefix, string Kind)[] s_others =
    [
        ("kprobe", "KPROBE"), ("kretprobe", "KPROBE"), ("uprobe", "KPROBE"), ("uretprobe", "KPROBE"), ("ksyscall", "KPROBE"), ("kretsyscall", "KPROBE"),
        ("usdt", "KPROBE"), ("tcx/", "SCHED_CLS for tcx"), ("tc/", "SCHED_CLS for tcx"), ("netkit/", "SCHED_CLS for netkit"), ("action", "SCHED_ACT"),
        ("tracepoint", "TRACEPOINT"), ("tp_btf", "TRACING"), ("tp", "TRACEPOINT"), ("raw_t", "RAW_TRACEPOINT"), ("fentry", "TRACING"), ("fexit", "TRACING"),
        ("fsession", "TRACING"), ("fmod_ret", "TRACING"), ("freplace", "EXT"), ("lsm", "LSM"), ("iter", "TRACING"), ("syscall", "SYSCALL"), ("xdp", "XDP for a map or with fragments"),
        ("perf_event", "PERF_EVENT"), ("lwt_", "LWT"), ("sockops", "SOCK_OPS"), ("sk_skb", "SK_SKB"), ("sk_msg", "SK_MSG"), ("lirc_mode2", "LIRC_MODE2"),
        ("flow_dissector", "FLOW_DISSECTOR"), ("cgroup", "CGROUP"), ("struct_ops", "STRUCT_OPS"), ("sk_lookup", "SK_LOOKUP"), ("netfilter", "NETFILTER"),
    ];

    /// <summary>The kind of program; null for one that this module does not take.</summary>
    /// <param name="section">Name of the section; a question mark before it, which keeps libbpf from loading its programs unasked, does not count.</param>
    internal static (ProgramType Type, AttachType Attach)? Find(string section) =>
        s_known.TryGetValue(section.TrimStart('?'), out (ProgramType, AttachType) kind) ? kind : null;

    /// <summary>What the kernel calls the kind of a section's programs that this module does not take; null when the section names no kind.</summary>
    internal static string? OtherKind(string section)
    {
        foreach ((string prefix, string kind) in s_others)
        {
            if (section.AsSpan().TrimStart('?').StartsWith(prefix, StringComparison.Ordinal))
            {
                return kind;
            }
        }

        return null;
    }
}
