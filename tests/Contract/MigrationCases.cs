namespace ReuseportPS.Contract;

/// <summary>
/// Kind of socket, how the listener stops, the program, net.ipv4.tcp_migrate_req; what becomes of a connection (chosen, hash, reset), and whether
/// the kernel counts it.
/// </summary>
public static class MigrationCases
{
    private static readonly (string How, string Program, bool Sysctl, string Expected, bool Counted)[] s_cases =
    [
        ("close", "none", false, "reset", false),
        ("close", "none", true, "hash", true),
        ("close", "select", false, "reset", false),
        ("close", "select", true, "hash", true),
        ("close", "classic", true, "hash", true),
        ("close", "migrate", false, "chosen", true),
        ("close", "migrate", true, "chosen", true),
        ("close", "migrate, no seat", false, "hash", true),
        ("close", "migrate, empty seat", false, "hash", true),
        ("close", "migrate, other group", false, "hash", true),
        ("close", "migrate, own seat", false, "hash", true),
        ("close", "migrate, drop", false, "reset", true),
        ("close", "migrate, drop", true, "reset", true),
        ("close", "migrate, 2", false, "reset", true),
        ("shutdown", "none", false, "reset", false),
        ("shutdown", "none", true, "hash", true),
        ("shutdown", "select", true, "hash", true),
        ("shutdown", "migrate", false, "chosen", true),
        ("shutdown", "migrate, drop", false, "reset", true),
    ];

    public static TheoryData<string, string, string, bool, string, bool> All { get; } =
        [.. from kind in (string[])["tcp4", "tcp6"] from c in s_cases select (kind, c.How, c.Program, c.Sysctl, c.Expected, c.Counted)];
}
