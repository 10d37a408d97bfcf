using System.Globalization;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Linux.Environments;

/// <summary>Settings of the host that forbid or slow down what this project does: where something fails, they say why.</summary>
internal static class HostSettings
{
    private const string Lockdown = "/sys/kernel/security/lockdown";
    private const string SeccompField = "Seccomp:";
    private const string SecurityModules = "/sys/kernel/security/lsm";

    /// <summary>All of them.</summary>
    /// <param name="release">The kernel's version.</param>
    public static IEnumerable<EnvironmentCheck> Read(Version release)
    {
        yield return Locked();
        yield return Modules();
        yield return Seccomp();
        yield return UserNamespace();
        yield return Jit();
        yield return Hardening();
        yield return LockedMemory(release);
    }

    private static EnvironmentCheck Locked()
    {
        string? modes = HostFile.ReadLine(Lockdown);
        string mode = modes?.Split('[', ']').ElementAtOrDefault(1) ?? "none";
        bool passed = mode != "confidentiality";
        return new EnvironmentCheck(
            "kernel lockdown", passed, modes is null ? "not visible" : mode, "With confidentiality no program may read the kernel's memory, so that the program of a group cannot be found out",
            passed ? null : "Boot with lockdown=integrity, or replace programs with -Force.");
    }

    private static EnvironmentCheck Modules() => new(
        "security modules", true, HostFile.ReadLine(SecurityModules) ?? "not visible", "SELinux and AppArmor can refuse bpf(2) and the copying of sockets; what they refuse fails with EACCES or EPERM", null);

    private static EnvironmentCheck Seccomp()
    {
        string mode = HostFile.ReadLine("/proc/self/status", SeccompField)?[SeccompField.Length..].Trim() ?? "unknown";
        return new EnvironmentCheck(
            "seccomp", true, mode switch { "0" => "no filter", "2" => "a filter is on; what it forbids shows in bpf(2), sock_diag and pidfd_getfd", _ => $"mode {mode}" },
            "A container's usual filter forbids bpf(2)", null);
    }

    private static EnvironmentCheck UserNamespace()
    {
        string[] map = (HostFile.ReadLine("/proc/self/uid_map") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool initial = map is ["0", "0", "4294967295"];
        return new EnvironmentCheck(
            "user namespace", initial, initial ? "the host's" : "not the host's", "Capabilities in another user namespace do not count for bpf(2)",
            initial ? null : "Run on the host, or in a container without user namespaces; what is pinned can be changed with file permissions alone.");
    }

    private static EnvironmentCheck Jit()
    {
        string? value = HostFile.ReadLine("/proc/sys/net/core/bpf_jit_enable");
        bool passed = value is not "0";
        return new EnvironmentCheck(
            "net.core.bpf_jit_enable", passed, value ?? "unknown", "With 0 the kernel interprets programs: a decision takes several times as long",
            passed ? null : "sysctl net.core.bpf_jit_enable=1");
    }

    private static EnvironmentCheck Hardening()
    {
        string? value = HostFile.ReadLine("/proc/sys/net/core/bpf_jit_harden");
        string limit = HostFile.ReadLine("/proc/sys/net/core/bpf_jit_limit") ?? "unknown";
        return new EnvironmentCheck(
            "net.core.bpf_jit_harden", true, $"{value ?? "unknown"}, and {limit} bytes of code at most (bpf_jit_limit)",
            "1 hides the constants of unprivileged programs, 2 those of all, which makes them longer and slower", null);
    }

    private static EnvironmentCheck LockedMemory(Version release)
    {
        string line = HostFile.ReadLine("/proc/self/limits", "Max locked memory") ?? "";
        string limit = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3) ?? "unknown";
        bool counts = release < new Version(5, 11);
        bool passed = !counts || limit == "unlimited" || (long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes >= 64 << 20);
        return new EnvironmentCheck(
            "RLIMIT_MEMLOCK", passed, counts ? limit : $"{limit}; maps do not count since 5.11", "Before 5.11 maps and programs count as locked memory",
            passed ? null : "ulimit -l unlimited (systemd: LimitMEMLOCK=infinity)");
    }
}
