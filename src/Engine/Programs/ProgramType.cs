namespace ReuseportPS.Engine.Programs;

/// <summary>Program types by the kernel's numbers (<c>enum bpf_prog_type</c>); those this project loads.</summary>
public enum ProgramType
{
    /// <summary>No type.</summary>
    Unspecified = 0,

    /// <summary>BPF_PROG_TYPE_SOCKET_FILTER; attached to a group it returns an index.</summary>
    SocketFilter = 1,

    /// <summary>BPF_PROG_TYPE_SCHED_CLS.</summary>
    SchedClassifier = 3,

    /// <summary>BPF_PROG_TYPE_XDP.</summary>
    Xdp = 6,

    /// <summary>BPF_PROG_TYPE_RAW_TRACEPOINT; used to read memory of the kernel.</summary>
    RawTracepoint = 17,

    /// <summary>BPF_PROG_TYPE_SK_REUSEPORT.</summary>
    SkReuseport = 21,

    /// <summary>BPF_PROG_TYPE_TRACING; used for iterators.</summary>
    Tracing = 26,

    /// <summary>BPF_PROG_TYPE_SYSCALL.</summary>
    Syscall = 31,
}
