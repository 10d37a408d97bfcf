namespace ReuseportPS.Linux;

/// <summary>Settings of <see cref="LinuxBackend"/>.</summary>
public sealed record LinuxBackendOptions
{
    /// <summary>Directory of the pins, on a BPF file system; null means the environment variable REUSEPORTPS_BPFFS, else <c>/sys/fs/bpf/reuseportps</c>.</summary>
    public string? PinDirectory { get; init; }
}
