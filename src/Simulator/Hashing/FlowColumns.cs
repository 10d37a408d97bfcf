using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>
/// Flows of one protocol and family side by side, a column for each word that enters the hash, so that the hash and the default choice of many
/// are computed at once. The same numbers as <see cref="FlowHash"/>, for sockets bound to the destination (not found by the wildcard pass unless
/// <c>wildcard</c> says so) and groups without SO_INCOMING_CPU.
/// </summary>
public sealed class FlowColumns
{
    private readonly TransportProtocol _protocol;
    private readonly IpFamily _family;
    private readonly bool _wildcard;
    private readonly bool _addsPort;
    private readonly uint[] _local;
    private readonly uint[] _ports;
    private readonly uint[] _localPorts;
    private readonly uint[][] _peer;

    /// <summary>Empty columns.</summary>
    /// <param name="protocol">Protocol of all flows.</param>
    /// <param name="family">Family of all flows.</param>
    /// <param name="capacity">Most flows that can be added.</param>
    /// <param name="wildcard">The group is bound to the wildcard address, which enters the hash as 0.</param>
    /// <param name="formula">The host's TCP formula.</param>
    public FlowColumns(
        TransportProtocol protocol, IpFamily family, int capacity, bool wildcard = false, TcpHashFormula formula = TcpHashFormula.PortAdded)
    {
        // Whole vectors: what lies past the last flow is computed and not used.
        int padded = (capacity + Vector<uint>.Count - 1) / Vector<uint>.Count * Vector<uint>.Count;
        (_protocol, _family, _wildcard, Capacity) = (protocol, family, wildcard, capacity);
        _local = new uint[padded];
        _ports = new uint[padded];
        _addsPort = protocol == TransportProtocol.Tcp && formula == TcpHashFormula.PortAdded;
        _localPorts = _addsPort ? new uint[padded] : [];
        _peer = [.. Enumerable.Range(0, family == IpFamily.V4 ? 1 : 4).Select(_ => new uint[padded])];
    }

    /// <summary>Most flows.</summary>
    public int Capacity { get; }

    /// <summary>Flows added.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a flow, as its client sends it.</summary>
    /// <exception cref="ArgumentException">Another protocol or family.</exception>
    /// <exception cref="InvalidOperationException">The columns are full.</exception>
    public void Add(in FlowKey flow)
    {
        if (flow.Protocol != _protocol || flow.Family != _family)
        {
            throw new ArgumentException($"These columns are for {_protocol} over IP{_family}; the flow is {flow}.", nameof(flow));
        }

        if (Count == Capacity)
        {
            throw new InvalidOperationException($"The columns hold {Capacity} flows already.");
        }

        int at = Count++;
        uint port = BinaryPrimitives.ReverseEndianness(flow.SourcePort);
        _local[at] = _wildcard ? 0 : Raw((uint)flow.Destination);
        for (int word = 0; word < _peer.Length; word++)
        {
            _peer[word][at] = Raw((uint)(flow.Source >> (32 * (_peer.Length - 1 - word))));
        }

        if (!_addsPort)
        {
            _ports[at] = ((uint)flow.DestinationPort << 16) | port;
        }
        else
        {
            _ports[at] = port;
            _localPorts[at] = flow.DestinationPort;
        }
    }

    /// <summary>The hash of every flow.</summary>
    /// <param name="secrets">The host's secrets.</param>
    /// <param name="mix">The namespace's mix.</param>
    /// <param name="hashes">At least <see cref="Count"/> places.</param>
    public void Hash(HashSecrets secrets, uint mix, Span<uint> hashes) => Compute(secrets, mix, members: 0, hashes);

    /// <summary>The position in the kernel's array of the member that every flow gets without a program (reciprocal_scale of the hash).</summary>
    /// <param name="secrets">The host's secrets.</param>
    /// <param name="mix">The namespace's mix.</param>
    /// <param name="members">Members of the group, 1 to 65535.</param>
    /// <param name="positions">At least <see cref="Count"/> places.</param>
    public void Choose(HashSecrets secrets, uint mix, int members, Span<uint> positions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(members, ushort.MaxValue);
        Compute(secrets, mix, (uint)members, positions);
    }

    private void Compute(HashSecrets secrets, uint mix, uint members, Span<uint> results)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(results.Length, Count, nameof(results));
        (uint seed, uint peerSeed) = secrets.For(_protocol, _family);
        int whole = Count / Vector<uint>.Count * Vector<uint>.Count;
        Compute(seed + mix, peerSeed, members, MemoryMarshal.Cast<uint, Vector<uint>>(results[..whole]), first: 0);
        if (whole < Count)
        {
            Span<Vector<uint>> last = stackalloc Vector<uint>[1];
            Compute(seed + mix, peerSeed, members, last, whole / Vector<uint>.Count);
            MemoryMarshal.Cast<Vector<uint>, uint>(last)[..(Count - whole)].CopyTo(results[whole..]);
        }
    }

    private void Compute(uint seed, uint peerSeed, uint members, Span<Vector<uint>> results, int first)
    {
        ReadOnlySpan<Vector<uint>> local = Vectors(_local, first, results.Length);
        ReadOnlySpan<Vector<uint>> ports = Vectors(_ports, first, results.Length);
        ReadOnlySpan<Vector<uint>> peer = Vectors(_peer[0], first, results.Length);
        if (_family == IpFamily.V4)
        {
            for (int i = 0; i < results.Length; i++)
            {
                results[i] = VectorJenkinsHash.OfThree(local[i], peer[i], ports[i], seed);
            }
        }
        else
        {
            ReadOnlySpan<Vector<uint>> second = Vectors(_peer[1], first, results.Length);
            ReadOnlySpan<Vector<uint>> third = Vectors(_peer[2], first, results.Length);
            ReadOnlySpan<Vector<uint>> fourth = Vectors(_peer[3], first, results.Length);
            for (int i = 0; i < results.Length; i++)
            {
                results[i] = VectorJenkinsHash.OfThree(local[i], VectorJenkinsHash.OfFour(peer[i], second[i], third[i], fourth[i], peerSeed), ports[i], seed);
            }
        }

        if (_addsPort)
        {
            ReadOnlySpan<Vector<uint>> localPorts = Vectors(_localPorts, first, results.Length);
            for (int i = 0; i < results.Length; i++)
            {
                results[i] += localPorts[i];
            }
        }

        if (members != 0)
        {
            // (hash * members) >> 32 in 32-bit lanes, by halves: exact as long as members has 16 bits.
            Vector<uint> low = new(ushort.MaxValue);
            for (int i = 0; i < results.Length; i++)
            {
                Vector<uint> hash = results[i];
                results[i] = (((hash >>> 16) * members) + (((hash & low) * members) >>> 16)) >>> 16;
            }
        }
    }

    private static ReadOnlySpan<Vector<uint>> Vectors(uint[] column, int first, int count) => MemoryMarshal.Cast<uint, Vector<uint>>(column).Slice(first, count);

    private static uint Raw(uint word) => BinaryPrimitives.ReverseEndianness(word);
}
