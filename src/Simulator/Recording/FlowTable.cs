using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Recording;

/// <summary>The flows of a generated trace: different five-tuples, the most popular first, and how many packets each has.</summary>
internal sealed class FlowTable
{
    /// <summary>Source ports are drawn from the unprivileged ones.</summary>
    public const int FirstPort = 1024;

    /// <summary>How many source ports there are.</summary>
    public const int PortCount = 65536 - FirstPort;

    public FlowTable(GeneratedTraceOptions options)
    {
        HashSet<(IpFamily, UInt128, ushort)> taken = new(options.Flows);
        Flows = options.Clients is int clients ? DrawFlows(options, clients, taken) : DrawFlows(options, taken);
        Rebound = options.Rebinding > 0 ? DrawRebound(options, Flows, taken) : [];
        PacketCounts = ShareOut(options);
    }

    public FlowKey[] Flows { get; }

    public long[] PacketCounts { get; }

    /// <summary>By flow: what it is after its NAT forgot it, the flow itself when that never happens. Empty when it happens to none.</summary>
    public FlowKey[] Rebound { get; }

    /// <summary>How many pairs of address and port a prefix has (capped: 2^64 addresses are enough).</summary>
    public static UInt128 SpaceOf(AddressPrefix prefix) => (UInt128.One << Math.Min(prefix.Bits - prefix.Length, 64)) * PortCount;

    private static FlowKey[] DrawFlows(GeneratedTraceOptions options, int clients, HashSet<(IpFamily, UInt128, ushort)> taken)
    {
        Xoshiro256 random = Xoshiro256.ForStream(options.Seed, TraceStream.Clients);
        ImmutableArray<AddressPrefix> prefixes = options.EffectiveSources;
        (IpFamily Family, UInt128 Address)[] addresses = new (IpFamily, UInt128)[clients];
        HashSet<(IpFamily, UInt128)> known = new(clients);
        for (int client = 0; client < clients; client++)
        {
            AddressPrefix prefix = prefixes[(int)random.NextBelow((uint)prefixes.Length)];
            UInt128 host = new(random.NextUInt64(), random.NextUInt64());

            // A prefix with fewer addresses than clients gives way to the next one.
            for (UInt128 tries = 0; !known.Add((prefix.Family, AddressOf(prefix, host))); tries++, host++)
            {
                if (tries >= UInt128.One << Math.Min(prefix.Bits - prefix.Length, 64))
                {
                    prefix = prefixes[(prefixes.IndexOf(prefix) + 1) % prefixes.Length];
                    tries = 0;
                }
            }

            addresses[client] = (prefix.Family, AddressOf(prefix, host));
        }

        FlowKey[] flows = new FlowKey[options.Flows];
        int[] used = new int[clients];
        for (int index = 0; index < flows.Length; index++)
        {
            int client = (int)random.NextBelow((uint)clients);
            while (used[client] == PortCount)
            {
                client = (client + 1) % clients;
            }

            used[client]++;
            (IpFamily family, UInt128 address) = addresses[client];
            flows[index] = FlowFrom(options, family, address, TakePort(taken, family, address, random));
        }

        return flows;
    }

    /// <summary>Half of the packets of a share of the flows come from another port of the same address.</summary>
    private static FlowKey[] DrawRebound(GeneratedTraceOptions options, FlowKey[] flows, HashSet<(IpFamily, UInt128, ushort)> taken)
    {
        Xoshiro256 random = Xoshiro256.ForStream(options.Seed, TraceStream.Rebinding);
        Dictionary<(IpFamily, UInt128), int> used = [];
        foreach (FlowKey flow in flows)
        {
            used[(flow.Family, flow.Source)] = used.GetValueOrDefault((flow.Family, flow.Source)) + 1;
        }

        FlowKey[] rebound = [.. flows];
        for (int index = 0; index < flows.Length; index++)
        {
            (IpFamily family, UInt128 address) = (flows[index].Family, flows[index].Source);
            if (random.NextDouble() < options.Rebinding && used[(family, address)] < PortCount)
            {
                used[(family, address)]++;
                rebound[index] = flows[index] with { SourcePort = TakePort(taken, family, address, random) };
            }
        }

        return rebound;
    }

    private static ushort TakePort(HashSet<(IpFamily, UInt128, ushort)> taken, IpFamily family, UInt128 address, Xoshiro256 random)
    {
        uint port = random.NextBelow((uint)PortCount);
        while (!taken.Add((family, address, (ushort)(FirstPort + port))))
        {
            port = (port + 1) % (uint)PortCount;
        }

        return (ushort)(FirstPort + port);
    }

    private static FlowKey FlowFrom(GeneratedTraceOptions options, IpFamily family, UInt128 address, ushort port)
    {
        IPEndPoint destination = options.DestinationOf(family);
        return new FlowKey(family, options.Protocol, address, FlowKey.ToNumber(destination.Address), port, (ushort)destination.Port);
    }

    private static FlowKey[] DrawFlows(GeneratedTraceOptions options, HashSet<(IpFamily, UInt128, ushort)> taken)
    {
        Xoshiro256 random = Xoshiro256.ForStream(options.Seed, TraceStream.Flows);
        ImmutableArray<AddressPrefix> prefixes = options.EffectiveSources;
        FlowKey[] flows = new FlowKey[options.Flows];
        UInt128[] free = [.. prefixes.Select(SpaceOf)];
        for (int index = 0; index < flows.Length; index++)
        {
            int prefixIndex = (int)random.NextBelow((uint)prefixes.Length);
            UInt128 host = new(random.NextUInt64(), random.NextUInt64());
            uint port = random.NextBelow((uint)PortCount);

            // A full prefix gives way to the next one; a taken port to the next, and after the last port to the next address.
            while (free[prefixIndex] == 0)
            {
                prefixIndex = (prefixIndex + 1) % prefixes.Length;
            }

            free[prefixIndex]--;
            while (!taken.Add((prefixes[prefixIndex].Family, AddressOf(prefixes[prefixIndex], host), (ushort)(FirstPort + port))))
            {
                port++;
                if (port == PortCount)
                {
                    port = 0;
                    host++;
                }
            }

            AddressPrefix prefix = prefixes[prefixIndex];
            flows[index] = FlowFrom(options, prefix.Family, AddressOf(prefix, host), (ushort)(FirstPort + port));
        }

        return flows;
    }

    private static UInt128 AddressOf(AddressPrefix prefix, UInt128 host) =>
        prefix.Address | (host & ~prefix.Mask & (UInt128.MaxValue >> (128 - prefix.Bits)));

    /// <summary>One packet for each flow, the rest in proportion to popularity; cumulative rounding makes the sum exact.</summary>
    private static long[] ShareOut(GeneratedTraceOptions options)
    {
        double[] cumulative = new double[options.Flows];
        double sum = 0;
        for (int index = 0; index < cumulative.Length; index++)
        {
            sum += DeterministicMath.Pow(index + 1, -options.Popularity);
            cumulative[index] = sum;
        }

        long rest = options.PacketCount - options.Flows;
        long[] counts = new long[options.Flows];
        long given = 0;
        for (int index = 0; index < counts.Length; index++)
        {
            long upTo = index == counts.Length - 1 ? rest : (long)Math.Floor((rest * cumulative[index] / sum) + 0.5);
            counts[index] = 1 + upTo - given;
            given = upTo;
        }

        return counts;
    }
}
