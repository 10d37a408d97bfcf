namespace ReuseportPS.Contract;

/// <summary>Changes of a policy with a flow table: kind of the flows, policy before, policy after, and how many of the known flows stay known.</summary>
public static class LivePreviewCases
{
    /// <summary>Flows that the table knows before the change.</summary>
    public const int Known = 48;

    private const string Sticky = "by: weighted, weights: { 0: 10, 1: 10, 2: 10, 3: 10 }, sticky: { entries: 4096, idle: 120s }";

    private const string Named = """
        version: 1
        rules:
          - name: low ports
            when: { source-port: 0-1023 }
            steer: { by: slot, slot: 1 }
          - name: NAME
            when: { source-port: 1024-65535 }
            steer: { by: hash, SEED sticky: { entries: 4096, idle: 120s } }
        otherwise: { by: slot, slot: 0, sticky: { entries: 4096, idle: 120s } }
        """;

    public static TheoryData<string, string, string, int> Changes => new()
    {
        { "udp4", Sticky, "by: weighted, weights: { 0: 0, 1: 0, 2: 10, 3: 0 }, sticky: { entries: 4096, idle: 120s }", Known },
        { "tcp6", Sticky, "by: weighted, weights: { 0: 0, 1: 0, 2: 10, 3: 0 }, sticky: { entries: 4096, idle: 120s }", Known },
        { "udp6", Sticky, "by: chain, to: [2, 0, 1, 3], sticky: { entries: 4096, idle: 120s }", Known },
        { "tcp4", Sticky, "by: chain, to: [2, 0, 1, 3], sticky: { entries: 4096, idle: 120s }", Known },
        { "udp4", Sticky, "by: slot, slot: 2, sticky: { entries: 8192, idle: 120s }", 0 },
        { "udp4", Sticky, "by: slot, slot: 2", 0 },
        { "udp4", Named, Named.Replace("SEED", "seed: 7,", StringComparison.Ordinal), Known },
        { "udp4", Named, Named.Replace("SEED", "seed: 7,", StringComparison.Ordinal).Replace("NAME", "other", StringComparison.Ordinal), 0 },
    };
}
