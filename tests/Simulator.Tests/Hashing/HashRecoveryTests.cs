using System.Collections.Immutable;
using System.Text.Json;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Hashing;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Tests.Hashing;

public sealed class HashRecoveryTests
{
    private const uint Mix = 0x1234_5678;
    private static readonly HashSecrets s_secrets = HashSecrets.FromSeed(7);

    [Theory]
    [InlineData(TcpHashFormula.PortAdded)]
    [InlineData(TcpHashFormula.PortHashed)]
    public void Secrets_are_found_among_other_words_and_the_formula_by_trial(TcpHashFormula formula)
    {
        HostHash host = HashRecovery.Recover(Evidence(formula, Mix, Words), search: false)!;
        Assert.Equal(formula, host.TcpFormula);
        Assert.False(host.WasSearched);
        foreach (FlowKey flow in Flows(99))
        {
            Assert.True(host.Covers(flow.Protocol, flow.Family));
            Assert.Equal(HashOf(s_secrets, Mix, flow, formula), HashOf(host.Secrets, host.Mix, flow, formula));
        }
    }

    [Fact]
    public void Without_the_mix_and_without_a_search_nothing_is_found() =>
        Assert.Null(HashRecovery.Recover(Evidence(TcpHashFormula.PortAdded, null, Words), search: false));

    [Fact]
    public void Words_without_the_secret_give_nothing() =>
        Assert.Null(HashRecovery.Recover(Evidence(TcpHashFormula.PortAdded, Mix, (_, _) => [1, 2, 3]), search: false));

    [Fact]
    public void A_search_stops_when_asked()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => HashRecovery.Recover(Evidence(TcpHashFormula.PortAdded, null, (_, _) => []), cancellation: cancelled.Token));
    }

    [Fact]
    public void Nothing_shows_the_secrets()
    {
        HashEvidence evidence = Evidence(TcpHashFormula.PortAdded, Mix, Words);
        HostHash host = HashRecovery.Recover(evidence, search: false)!;
        SimulatorOptions options = new() { HashSecrets = host.Secrets };
        string shown = string.Join('\n', evidence, host, host.Secrets, options, JsonSerializer.Serialize(evidence), JsonSerializer.Serialize(host), JsonSerializer.Serialize(options));
        uint[] hidden = [.. Kinds.SelectMany(kind => new[] { s_secrets.For(kind.Item1, kind.Item2).Seed, s_secrets.For(kind.Item1, kind.Item2).Address }).Where(word => word != 0), Mix];
        Assert.All(hidden, word =>
        {
            Assert.DoesNotContain($"{word}", shown, StringComparison.Ordinal);
            Assert.DoesNotContain($"{word:x}", shown, StringComparison.OrdinalIgnoreCase);
        });
        Assert.Empty(typeof(HashSecrets).GetProperties());
        Assert.Empty(typeof(HashEvidence).GetProperties());
    }

    private static (TransportProtocol, IpFamily)[] Kinds =>
    [
        (TransportProtocol.Udp, IpFamily.V4), (TransportProtocol.Tcp, IpFamily.V4), (TransportProtocol.Udp, IpFamily.V6), (TransportProtocol.Tcp, IpFamily.V6),
    ];

    private static HashEvidence Evidence(TcpHashFormula formula, uint? mix, Func<TransportProtocol, IpFamily, ImmutableArray<uint>> words) => new(
        [.. Flows(1).Select(flow => new ObservedHash(flow, HashOf(s_secrets, Mix, flow, formula)))], words, mix);

    private static ImmutableArray<uint> Words(TransportProtocol protocol, IpFamily family)
    {
        (uint seed, uint address) = s_secrets.For(protocol, family);
        return [17, address, 0xffff_ffff, seed, 99];
    }

    private static uint HashOf(HashSecrets secrets, uint mix, FlowKey flow, TcpHashFormula formula) => FlowHash.Compute(
        secrets, mix, flow.Protocol, flow.Family, flow.Destination, flow.DestinationPort, flow.Source, flow.SourcePort, formula);

    private static IEnumerable<FlowKey> Flows(ulong seed)
    {
        Xoshiro256 random = new(seed);
        foreach ((TransportProtocol protocol, IpFamily family) in Kinds)
        {
            for (int i = 0; i < 4; i++)
            {
                UInt128 Address() => family == IpFamily.V4 ? random.NextUInt32() : new UInt128(random.NextUInt64(), random.NextUInt64());
                yield return new FlowKey(family, protocol, Address(), Address(), (ushort)random.NextUInt32(), (ushort)random.NextUInt32());
            }
        }
    }
}
