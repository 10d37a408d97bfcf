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
        Flows = DrawFlows(options);
        PacketCounts = ShareOut(options);
    }

    public FlowKey[] Flows { get; }

    public long[] PacketCounts { get; }

    /// <summary>How many pairs of address and port a prefix has (capped: 2^64 addresses are enough).</summary>
    public static UInt128 SpaceOf(AddressPrefix prefix) => (UInt128.One << Math.Min(prefix.Bits - prefix.Length, 64)) * PortCount;

    private static FlowKey[] DrawFlows(GeneratedTraceOptions options)
    {
        Xoshiro256 random = Xoshiro256.ForStream(options.Seed, TraceStream.Flows);
        ImmutableArray<AddressPrefix> prefixes = options.EffectiveSources;
        FlowKey[] flows = new FlowKey[options.Flows];
        UInt128[] free = [.. prefixes.Select(SpaceOf)];
        HashSet<(IpFamily, UInt128, ushort)> taken = new(options.Flows);
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
            IPEndPoint destination = options.DestinationOf(prefix.Family);
            flows[index] = new FlowKey(
                prefix.Family,
                options.Protocol,
                AddressOf(prefix, host),
                FlowKey.ToNumber(destination.Address),
                (ushort)(FirstPort + port),
                (ushort)destination.Port);
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
