namespace ReuseportPS.Engine.Programs;

/// <summary>Expected attach types by the kernel's numbers (<c>enum bpf_attach_type</c>); those this project uses.</summary>
public enum AttachType
{
    /// <summary>0; for SK_REUSEPORT the kernel takes it as <see cref="SkReuseportSelect"/>.</summary>
    None = 0,

    /// <summary>BPF_TRACE_ITER.</summary>
    TraceIterator = 28,

    /// <summary>BPF_SK_REUSEPORT_SELECT.</summary>
    SkReuseportSelect = 39,

    /// <summary>BPF_SK_REUSEPORT_SELECT_OR_MIGRATE.</summary>
    SkReuseportSelectOrMigrate = 40,
}
