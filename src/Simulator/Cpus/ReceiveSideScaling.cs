using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Cpus;

/// <summary>
/// Receive-side scaling: a network card hashes each packet's flow and looks up in its indirection table which CPU processes it
/// (<c>ethtool -x</c> shows both).
/// </summary>
public sealed class ReceiveSideScaling
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyLength = 40;

    /// <summary>Entries of the table that is made when none is given.</summary>
    public const int DefaultTableLength = 128;

    private readonly byte[] _key;
    private readonly ImmutableArray<int> _table;

    /// <summary>Scaling by a key and a table.</summary>
    /// <param name="key">40 bytes; empty for <see cref="PublishedKey"/>.</param>
    /// <param name="table">CPU of each entry; empty for 128 entries that go round all CPUs.</param>
    /// <param name="cpuCount">CPUs of the host.</param>
    /// <param name="udpPorts">Whether the ports of UDP are hashed too; those of TCP are.</param>
    /// <exception cref="ArgumentException">The key has another length, or an entry names no CPU.</exception>
    public ReceiveSideScaling(byte[] key, ImmutableArray<int> table, int cpuCount, bool udpPorts = false)
    {
        _key = key.Length == 0 ? [.. PublishedKey] : [.. key];
        _table = table.IsDefaultOrEmpty ? [.. Enumerable.Range(0, DefaultTableLength).Select(entry => entry % cpuCount)] : table;
        UdpPorts = udpPorts;
        if (_key.Length != KeyLength)
        {
            throw new ArgumentException($"An RSS key has {KeyLength} bytes; this one has {_key.Length}.", nameof(key));
        }

        if (_table.Any(cpu => cpu < 0 || cpu >= cpuCount))
        {
            throw new ArgumentException($"The indirection table names CPU {_table.First(cpu => cpu < 0 || cpu >= cpuCount)}; the host has {cpuCount}.", nameof(table));
        }
    }

    /// <summary>The key that the definition of the hash has its examples for, and many drivers as their default.</summary>
    public static ReadOnlySpan<byte> PublishedKey =>
    [
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
    ];

    /// <summary>The key.</summary>
    public ImmutableArray<byte> Key => [.. _key];

    /// <summary>CPU of each entry of the table.</summary>
    public ImmutableArray<int> Table => _table;

    /// <summary>Whether the ports of UDP are hashed too.</summary>
    public bool UdpPorts { get; }

    /// <summary>CPU that processes the packets of a flow.</summary>
    public int CpuOf(in FlowKey flow) => _table[(int)(Hash(flow, flow.Protocol == TransportProtocol.Tcp || UdpPorts) % (uint)_table.Length)];

    /// <summary>The hash of a flow, as its client sends it: source address, destination address, source port, destination port.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="withPorts">Whether the ports are hashed.</param>
    public uint Hash(in FlowKey flow, bool withPorts)
    {
        Span<byte> input = stackalloc byte[36];
        int length;
        if (flow.Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(input, (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(input[4..], (uint)flow.Destination);
            length = 8;
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(input, flow.Source);
            BinaryPrimitives.WriteUInt128BigEndian(input[16..], flow.Destination);
            length = 32;
        }

        if (withPorts)
        {
            BinaryPrimitives.WriteUInt16BigEndian(input[length..], flow.SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(input[(length + 2)..], flow.DestinationPort);
            length += 4;
        }

        return ToeplitzHash.Compute(_key, input[..length]);
    }
}
