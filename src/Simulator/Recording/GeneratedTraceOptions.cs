using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Recording;

/// <summary>What a <see cref="GeneratedTrace"/> consists of. Equal options give equal packets, byte for byte, everywhere.</summary>
public sealed record GeneratedTraceOptions
{
    /// <summary>Largest number of flows: some 1.5 GB of memory.</summary>
    public const int LargestFlowCount = 10_000_000;

    /// <summary>Largest payload: with any headers it fits into one IP packet.</summary>
    public const int LargestPayload = 65_000;

    private static readonly ImmutableArray<AddressPrefix> s_defaultSources =
    [
        new(IpFamily.V4, FlowKey.ToNumber(IPAddress.Parse("10.0.0.0")), 8),
        new(IpFamily.V6, FlowKey.ToNumber(IPAddress.Parse("2001:db8:1::")), 48),
    ];

    private static readonly ImmutableArray<IPEndPoint> s_defaultDestinations =
    [
        new(IPAddress.Parse("192.0.2.1"), 443),
        new(IPAddress.Parse("2001:db8::1"), 443),
    ];

    /// <summary>Seed of all chance.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number of flows; each has its own source address and port, and at least one packet.</summary>
    public int Flows { get; init; } = 1000;

    /// <summary>Packets per flow on average, when <see cref="Packets"/> is null.</summary>
    public int PacketsPerFlow { get; init; } = 10;

    /// <summary>Packets in all.</summary>
    public long? Packets { get; init; }

    /// <summary>TCP or UDP. A TCP flow is a SYN and then data segments, the client's direction only.</summary>
    public TransportProtocol Protocol { get; init; } = TransportProtocol.Udp;

    /// <summary>IP version of the flows; null for that of <see cref="Sources"/>, or both when these are not given either.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>Where clients are: each flow takes one of the prefixes with equal chance, and in it a random address. Empty: 10.0.0.0/8 and 2001:db8:1::/48.</summary>
    public ImmutableArray<AddressPrefix> Sources { get; init; } = [];

    /// <summary>The service: at most one end point per family. A family without one has 192.0.2.1:443 or [2001:db8::1]:443.</summary>
    public ImmutableArray<IPEndPoint> Destinations { get; init; } = [];

    /// <summary>Smallest payload in bytes, after the UDP or TCP header. SYNs have none.</summary>
    public int SmallestPayloadLength { get; init; } = 16;

    /// <summary>Largest payload in bytes.</summary>
    public int LargestPayloadLength { get; init; } = 512;

    /// <summary>What datagrams carry. For <see cref="Payloads.Quic"/> and <see cref="Payloads.Dns"/> the protocol must be UDP; DNS queries have lengths of their own.</summary>
    public Payloads Payload { get; init; }

    /// <summary>Addresses that the flows come from: a few clients, or a few NATs with many clients behind each. Null for an address for each flow.</summary>
    public int? Clients { get; init; }

    /// <summary>Share of the flows, 0 to 1, whose NAT forgets them in the middle: from half of their packets on they have another source port. UDP only.</summary>
    public double Rebinding { get; init; }

    /// <summary>Zipf exponent of the flows' popularity, 0 to 4: the k-th flow has packets in proportion to 1 / k^exponent. 0 makes all flows equal.</summary>
    public double Popularity { get; init; }

    /// <summary>How packets follow each other.</summary>
    public Arrivals Arrivals { get; init; } = Arrivals.Poisson;

    /// <summary>Packets per second on average.</summary>
    public double Rate { get; init; } = 10_000;

    /// <summary>Packets in all, whichever way they are given.</summary>
    public long PacketCount => Packets ?? (long)Flows * PacketsPerFlow;

    /// <summary>The source prefixes in use.</summary>
    internal ImmutableArray<AddressPrefix> EffectiveSources =>
        [.. (Sources.IsEmpty ? s_defaultSources : Sources).Where(prefix => Family is null || prefix.Family == Family)];

    /// <summary>What is wrong with the options; empty when a trace can be made.</summary>
    public ImmutableArray<Diagnostic> Validate() => [.. FindErrors()];

    /// <summary>The service's end point of a family.</summary>
    internal IPEndPoint DestinationOf(IpFamily family) =>
        Destinations.Concat(s_defaultDestinations).First(endPoint => FamilyOf(endPoint) == family);

    private static Diagnostic BadOption(string option, string message, string remedy) =>
        TraceDiagnostics.BadOption.At(new SourceLocation(option), $"{option}: {message}", remedy);

    private static IpFamily FamilyOf(IPEndPoint endPoint) =>
        endPoint.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;

    private IEnumerable<Diagnostic> FindErrors()
    {
        if (Flows is < 1 or > LargestFlowCount)
        {
            yield return BadOption(nameof(Flows), $"{Flows} flows cannot be generated.", $"Give 1 to {LargestFlowCount}.");
            yield break;
        }

        if (PacketCount < Flows)
        {
            yield return BadOption(
                Packets is null ? nameof(PacketsPerFlow) : nameof(Packets),
                $"{PacketCount} packets are fewer than the {Flows} flows, and each flow has at least one.",
                "Give fewer flows or more packets.");
        }

        if (SmallestPayloadLength < 0 || LargestPayloadLength > LargestPayload || SmallestPayloadLength > LargestPayloadLength)
        {
            yield return BadOption(
                nameof(LargestPayloadLength),
                $"a payload of {SmallestPayloadLength} to {LargestPayloadLength} bytes cannot be sent.",
                $"Give a smallest and a largest length from 0 to {LargestPayload}.");
        }

        if (Protocol == TransportProtocol.Tcp && (Payload != Payloads.Random || Rebinding > 0))
        {
            yield return BadOption(nameof(Protocol), "QUIC, DNS and flows that a NAT forgets are UDP.", "Give UDP, or leave the option out.");
        }

        if (Payload == Payloads.Quic && SmallestPayloadLength < PayloadWriter.ShortestQuic)
        {
            yield return BadOption(
                nameof(SmallestPayloadLength), $"a QUIC packet of {SmallestPayloadLength} bytes cannot be.", $"Give a smallest length of {PayloadWriter.ShortestQuic} or more.");
        }

        if (!(Rebinding is >= 0 and <= 1))
        {
            yield return BadOption(nameof(Rebinding), $"a share of {Rebinding} cannot be used.", "Give 0 to 1.");
        }

        if (Clients is int clients
            && (clients < 1 || clients > Flows || (long)clients * FlowTable.PortCount < Flows || (!EffectiveSources.IsEmpty && SourceSpace() / FlowTable.PortCount < (uint)clients)))
        {
            yield return BadOption(
                nameof(Clients), $"{Flows} flows cannot come from {clients} addresses of the sources.", $"Give 1 to {Flows}, one for each {FlowTable.PortCount} flows, and no more than the sources have.");
        }

        if (!(Popularity is >= 0 and <= 4))
        {
            yield return BadOption(nameof(Popularity), $"a Zipf exponent of {Popularity} cannot be used.", "Give 0 (all flows equal) to 4.");
        }

        if (!(Rate is >= 1e-3 and <= 1e12))
        {
            yield return BadOption(nameof(Rate), $"a rate of {Rate} packets per second cannot be used.", "Give 0.001 to 1e12.");
        }
        else if (PacketCount / Rate > 4e9)
        {
            yield return BadOption(nameof(Rate), $"{PacketCount} packets at {Rate} per second take more than a century.", "Give a higher rate.");
        }

        foreach (IpFamily family in Destinations.Select(FamilyOf).GroupBy(family => family).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return BadOption(nameof(Destinations), $"there are several of family IP{family}.", "Give one end point per family.");
        }

        if (EffectiveSources.IsEmpty)
        {
            yield return BadOption(nameof(Sources), $"none of the prefixes is of family IP{Family}.", "Give a prefix of that family, or leave the family out.");
        }
        else if (FindOverlap() is (AddressPrefix outer, AddressPrefix inner))
        {
            yield return BadOption(nameof(Sources), $"{inner} lies within {outer}.", "Give prefixes that do not overlap.");
        }
        else if (SourceSpace() is UInt128 space && space < (UInt128)Flows)
        {
            yield return BadOption(
                nameof(Sources), $"the prefixes have addresses and ports for {space} flows, not for {Flows}.", "Give shorter prefixes or fewer flows.");
        }
    }

    private (AddressPrefix Outer, AddressPrefix Inner)? FindOverlap()
    {
        ImmutableArray<AddressPrefix> sources = EffectiveSources;
        for (int first = 0; first < sources.Length; first++)
        {
            for (int second = first + 1; second < sources.Length; second++)
            {
                (AddressPrefix outer, AddressPrefix inner) = sources[first].Length <= sources[second].Length
                    ? (sources[first], sources[second])
                    : (sources[second], sources[first]);
                if (outer.Contains(inner))
                {
                    return (outer, inner);
                }
            }
        }

        return null;
    }

    private UInt128 SourceSpace()
    {
        UInt128 space = 0;
        foreach (AddressPrefix prefix in EffectiveSources)
        {
            space += FlowTable.SpaceOf(prefix);
        }

        return space;
    }
}
