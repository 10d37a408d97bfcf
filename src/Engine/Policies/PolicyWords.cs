using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>The words of the language, and which of them this version does not carry out yet.</summary>
public static class PolicyWords
{
    /// <summary>Values of <c>protocol:</c>.</summary>
    public static FrozenDictionary<string, PolicyProtocol> Protocols { get; } = Table(
        ("tcp", PolicyProtocol.Tcp), ("udp", PolicyProtocol.Udp), ("any", PolicyProtocol.Any));

    /// <summary>Values of <c>protocol:</c> in a match.</summary>
    public static FrozenDictionary<string, TransportProtocol> TransportProtocols { get; } = Table(
        ("tcp", TransportProtocol.Tcp), ("udp", TransportProtocol.Udp));

    /// <summary>Values of <c>family:</c>.</summary>
    public static FrozenDictionary<string, IpFamily> Families { get; } = Table(("ipv4", IpFamily.V4), ("ipv6", IpFamily.V6));

    /// <summary>Values of <c>key:</c>.</summary>
    public static FrozenDictionary<string, HashKey> Keys { get; } = Table(
        ("4-tuple", HashKey.FourTuple), ("source", HashKey.Source), ("source-port", HashKey.SourcePort),
        ("destination", HashKey.Destination), ("destination-port", HashKey.DestinationPort));

    /// <summary>Values of <c>on-miss:</c> that are one word.</summary>
    public static FrozenDictionary<string, MissKind> Misses { get; } = Table(
        ("next", MissKind.Next), ("kernel", MissKind.Kernel), ("reject", MissKind.Reject));

    /// <summary>Values of <c>migrate:</c>.</summary>
    public static FrozenDictionary<string, bool> Migrations { get; } = Table(("off", false), ("policy", true));

    /// <summary>Words for who chooses for members without a seat, and whether it is the kernel.</summary>
    public static FrozenDictionary<string, bool> Unseated { get; } = Table(("none", false), ("kernel", true));

    /// <summary>Values of <c>migrating:</c>.</summary>
    public static FrozenDictionary<string, bool> Truths { get; } = Table(("false", false), ("true", true));

    /// <summary>Keys of <c>observe:</c>.</summary>
    public static ImmutableArray<string> ObserveKeys { get; } = ["counters", "sample"];

    /// <summary>Balancers.</summary>
    public static ImmutableArray<string> Balancers { get; } =
        ["slot", "hash", "consistent", "weighted", "cpu", "numa", "round-robin", "random", "least-loaded", "connection-id", "generation", "chain", "kernel"];

    /// <summary>Keys of a policy.</summary>
    public static ImmutableArray<string> PolicyKeys { get; } =
        ["version", "policy", "protocol", "slots", "lists", "rules", "otherwise", "on-miss", "migrate", "unseated", "observe"];

    /// <summary>Keys of a rule.</summary>
    public static ImmutableArray<string> RuleKeys { get; } = ["name", "when", "steer", "reject"];

    /// <summary>Keys of a match.</summary>
    public static ImmutableArray<string> MatchKeys { get; } =
        ["source", "destination", "source-port", "destination-port", "protocol", "family", "tcp-flags", "cpu", "numa-node", "length", "bytes", "migrating", "fraction", "not", "any-of"];

    /// <summary>Keys of <c>bytes:</c>.</summary>
    public static ImmutableArray<string> BytesKeys { get; } = ["at", "mask", "equals", "in"];

    /// <summary>Keys of an action.</summary>
    public static ImmutableArray<string> ActionKeys { get; } =
        [
            "by", "slot", "to", "weights", "cpus", "nodes", "generations", "stale", "at", "length", "worker", "generation", "modulo", "cookie", "prefixes", "server-ids", "new", "old",
            "key", "seed", "table-size", "sticky",
        ];

    /// <summary>Keys of an action by connection id of which there must be one.</summary>
    public static ImmutableArray<string> Layouts { get; } = ["worker", "modulo", "cookie", "prefixes", "server-ids"];

    /// <summary>Keys of <c>sticky:</c>.</summary>
    public static ImmutableArray<string> StickyKeys { get; } = ["entries", "idle"];

    /// <summary>Keys of a number in a connection id.</summary>
    public static ImmutableArray<string> FieldKeys { get; } = ["at", "bits"];

    /// <summary>Keys of <c>server-ids:</c>.</summary>
    public static ImmutableArray<string> ServerIdKeys { get; } = ["config", "ids"];

    /// <summary>Whether a balancer has a use for a key of an action.</summary>
    internal static bool Uses(string balancer, string key) => (key == "sticky" && balancer != "kernel") || balancer switch
    {
        "slot" => key is "slot",
        "hash" => key is "to" or "key" or "seed",
        "weighted" => key is "to" or "key" or "seed" or "weights",
        "consistent" => key is "to" or "key" or "seed" or "table-size",
        "cpu" => key is "to" or "cpus",
        "least-loaded" => key is "to" or "stale" or "key" or "seed",
        "generation" => key is "generations" or "key" or "seed",
        "connection-id" => key is "to" or "at" or "length" or "worker" or "generation" or "generations" or "modulo" or "cookie" or "prefixes" or "server-ids" or "new" or "old" or "key" or "seed",
        "numa" => key is "nodes" or "key" or "seed",
        "round-robin" or "random" or "chain" => key is "to",
        _ => false,
    };

    /// <summary>The keys that a balancer must have.</summary>
    internal static ImmutableArray<string> RequiredOf(string balancer) => balancer switch
    {
        "slot" => ["slot"],
        "weighted" => ["weights"],
        "numa" => ["nodes"],
        "chain" => ["to"],
        "generation" => ["generations"],
        "connection-id" => ["length"],
        _ => [],
    };

    /// <summary>The word of a protocol.</summary>
    public static string Of(PolicyProtocol protocol) => Word(Protocols, protocol);

    /// <summary>The word of a protocol in a match.</summary>
    public static string Of(TransportProtocol protocol) => Word(TransportProtocols, protocol);

    /// <summary>The word of an IP version.</summary>
    public static string Of(IpFamily family) => Word(Families, family);

    /// <summary>The word of a balancer.</summary>
    public static string Of(Balancer balancer) => balancer switch
    {
        SlotBalancer => "slot",
        HashBalancer => "hash",
        WeightedBalancer => "weighted",
        ConsistentBalancer => "consistent",
        CpuBalancer => "cpu",
        NumaBalancer => "numa",
        RoundRobinBalancer => "round-robin",
        RandomBalancer => "random",
        ChainBalancer => "chain",
        LeastLoadedBalancer => "least-loaded",
        ConnectionIdBalancer => "connection-id",
        GenerationBalancer => "generation",
        KernelBalancer => "kernel",
        _ => throw new ArgumentException($"unknown balancer {balancer}", nameof(balancer)),
    };

    /// <summary>The words of a key: <c>4-tuple</c>, or its fields.</summary>
    public static IEnumerable<string> Of(HashKey key) =>
        key == HashKey.FourTuple
            ? ["4-tuple"]
            : Keys.Where(k => k.Value != HashKey.FourTuple && key.HasFlag(k.Value)).OrderBy(k => k.Value).Select(k => k.Key);

    /// <summary>An action in a few words: <c>slot 3</c>, <c>hash</c>, <c>reject</c>.</summary>
    public static string Describe(PolicyAction action) => action switch
    {
        RejectAction => "reject",
        SteerAction { By: SlotBalancer slot } => string.Create(CultureInfo.InvariantCulture, $"slot {slot.Slot}"),
        SteerAction { By: HashBalancer { To.Count: > 0 } hash } => $"hash over {string.Join(", ", hash.To)}",
        SteerAction { By: ConsistentBalancer { To.Count: > 0 } consistent } => $"consistent over {string.Join(", ", consistent.To)}",
        SteerAction { By: ChainBalancer chain } => $"chain {string.Join(", ", chain.To)}",
        SteerAction { By: WeightedBalancer weighted } => $"weighted {string.Join(", ", weighted.Weights.Items.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Slots}: {w.Weight}")))}",
        SteerAction steer => Of(steer.By),
        _ => throw new ArgumentException($"unknown action {action}", nameof(action)),
    };

    /// <summary>What happens on a miss, in a few words.</summary>
    public static string Describe(MissAction miss) =>
        miss.Kind == MissKind.Slot ? $"slot {miss.Slot}" : Word(Misses, miss.Kind);

    private static FrozenDictionary<string, T> Table<T>(params ReadOnlySpan<(string Word, T Value)> words)
    {
        Dictionary<string, T> table = new(StringComparer.Ordinal);
        foreach ((string word, T value) in words)
        {
            table.Add(word, value);
        }

        return table.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string Word<T>(FrozenDictionary<string, T> table, T value)
        where T : struct, Enum => table.First(w => w.Value.Equals(value)).Key;
}
