namespace ReuseportPS.Linux.Environments;

/// <summary>Capabilities by the kernel's names and numbers (linux/capability.h); those that something here needs.</summary>
internal enum Capability
{
    CAP_DAC_READ_SEARCH = 2,
    CAP_NET_ADMIN = 12,
    CAP_SYS_PTRACE = 19,
    CAP_SYS_ADMIN = 21,
    CAP_PERFMON = 38,
    CAP_BPF = 39,
}
