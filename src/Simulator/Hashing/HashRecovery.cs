using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>
/// Computes the hash secrets of a host from what it lets be seen: words of its code of which one or two are the secrets, or, for IPv4, every
/// number there is. Formula and words are chosen by trial, never by the kernel's version: what gives all observed hashes is right.
/// </summary>
public static class HashRecovery
{
    /// <summary>Observations that a choice must give. Each leaves one in 2^32 of the wrong seeds.</summary>
    public const int FewestObservations = 3;

    private static readonly TcpHashFormula[] s_tcpFormulas = [TcpHashFormula.PortAdded, TcpHashFormula.PortHashed];

    /// <summary>The secrets; null when none of any protocol and family can be found.</summary>
    /// <param name="evidence">What was seen. A protocol and family with fewer than <see cref="FewestObservations"/> hashes is not looked for.</param>
    /// <param name="search">Whether IPv4 seeds that cannot be read are searched for: 2^32 hashes for each, some seconds.</param>
    /// <param name="cancellation">Stops the search.</param>
    public static HostHash? Recover(HashEvidence evidence, bool search = true, CancellationToken cancellation = default)
    {
        uint mix = evidence.GetMix() ?? 0;
        uint[] seeds = new uint[4];
        uint[] addressSeeds = new uint[4];
        bool[] covered = new bool[4];
        bool searched = false;
        TcpHashFormula? tcpFormula = null;
        foreach (TransportProtocol protocol in (TransportProtocol[])[TransportProtocol.Udp, TransportProtocol.Tcp])
        {
            foreach (IpFamily family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
            {
                ImmutableArray<ObservedHash> observations = evidence.GetObservations(protocol, family);
                if (observations.Length < FewestObservations)
                {
                    continue;
                }

                IEnumerable<TcpHashFormula> formulas = protocol == TransportProtocol.Udp ? [TcpHashFormula.PortAdded]
                    : tcpFormula is { } known ? [known]
                    : s_tcpFormulas;
                Found? found = evidence.GetMix() is null ? null : TryWords(observations, evidence.GetWords(protocol, family), mix, formulas);
                if (found is null && search && family == IpFamily.V4)
                {
                    found = Search(observations, formulas, cancellation);
                    searched |= found is not null;
                }

                if (found is not { } secret)
                {
                    continue;
                }

                int index = HostHash.IndexOf(protocol, family);
                (seeds[index], addressSeeds[index], covered[index]) = (secret.Seed - mix, secret.Address, true);
                tcpFormula = protocol == TransportProtocol.Tcp ? secret.Formula : tcpFormula;
            }
        }

        return !covered.Contains(true) ? null : new HostHash(
            new HashSecrets(seeds[0], seeds[2], addressSeeds[2], seeds[1], seeds[3], addressSeeds[3]), mix, tcpFormula ?? TcpHashFormula.PortAdded, covered, searched);
    }

    private static Found? TryWords(ImmutableArray<ObservedHash> observations, ImmutableArray<uint> words, uint mix, IEnumerable<TcpHashFormula> formulas)
    {
        ImmutableArray<uint> addresses = observations[0].Flow.Family == IpFamily.V4 ? [0] : words;
        foreach (TcpHashFormula formula in formulas)
        {
            foreach (uint word in words)
            {
                foreach (uint address in addresses)
                {
                    Found candidate = new(word + mix, address, formula);
                    if (candidate.Gives(observations))
                    {
                        return candidate;
                    }
                }
            }
        }

        return null;
    }

    /// <summary>Tries every seed, a vector at a time, on all processors. What gives the first hash is tried on the others.</summary>
    private static Found? Search(ImmutableArray<ObservedHash> observations, IEnumerable<TcpHashFormula> formulas, CancellationToken cancellation)
    {
        const int Parts = 256;
        foreach (TcpHashFormula formula in formulas)
        {
            Found? result = null;
            Lock gate = new();
            ParallelOptions options = new() { CancellationToken = cancellation };
            _ = Parallel.For(0, Parts, options, (part, state) =>
            {
                const uint Size = uint.MaxValue / Parts + 1;
                if (SearchPart(observations, formula, (uint)part * Size, Size) is Found found)
                {
                    lock (gate)
                    {
                        result = found;
                    }

                    state.Stop();
                }
            });
            if (result is not null)
            {
                return result;
            }
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Found? SearchPart(ImmutableArray<ObservedHash> observations, TcpHashFormula formula, uint first, uint count)
    {
        FlowKey flow = observations[0].Flow;
        (uint localWord, uint portsWord, uint added) = FlowHash.Words(flow.Protocol, flow.Destination, flow.DestinationPort, flow.SourcePort, formula);
        Vector<uint> local = new(localWord);
        Vector<uint> peer = new(FlowHash.Raw((uint)flow.Source));
        Vector<uint> ports = new(portsWord);
        Vector<uint> wanted = new(observations[0].GetHash() - added);
        Vector<uint> step = new((uint)Vector<uint>.Count);
        Vector<uint> seeds = Vector<uint>.Indices + new Vector<uint>(first);
        for (uint done = 0; done < count; done += (uint)Vector<uint>.Count, seeds += step)
        {
            if (!Vector.EqualsAny(VectorJenkinsHash.OfThree(local, peer, ports, seeds), wanted))
            {
                continue;
            }

            for (int lane = 0; lane < Vector<uint>.Count; lane++)
            {
                Found candidate = new(seeds[lane], 0, formula);
                if (candidate.Gives(observations))
                {
                    return candidate;
                }
            }
        }

        return null;
    }

    /// <summary>A seed with the mix in it, the seed of the peer's IPv6 address, and a formula.</summary>
    private readonly record struct Found(uint Seed, uint Address, TcpHashFormula Formula)
    {
        public bool Gives(ImmutableArray<ObservedHash> observations)
        {
            foreach (ObservedHash observed in observations)
            {
                FlowKey flow = observed.Flow;
                if (observed.GetHash() != FlowHash.Compute(
                    Seed, Address, flow.Protocol, flow.Family, flow.Destination, flow.DestinationPort, flow.Source, flow.SourcePort, Formula))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
