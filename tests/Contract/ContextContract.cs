using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>What a program sees of the packet: the context's fields, the data, the two load_bytes helpers.</summary>
public abstract class ContextContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const long Fault = -14;
    private const uint Ipv4 = 0x0008; // 0x0800 and 0x86dd in network order, read on a little-endian machine
    private const uint Ipv6 = 0xdd86;

    /// <summary>Packet, socket it arrives at, payload length, and len, eth_protocol, bind_inany as the program sees them.</summary>
    [Theory]
    [InlineData("udp4", "udp4", 0, 8, Ipv4, 0)]
    [InlineData("udp4", "udp4", 1, 9, Ipv4, 0)]
    [InlineData("udp4", "udp4", 1000, 1008, Ipv4, 0)]
    [InlineData("udp4", "udp4 any", 4, 12, Ipv4, 1)]
    [InlineData("udp6", "udp6", 0, 8, Ipv6, 0)]
    [InlineData("udp6", "udp6", 1000, 1008, Ipv6, 0)]
    [InlineData("udp6", "udp6 any", 4, 12, Ipv6, 1)]
    [InlineData("udp6", "udp6 any v6only", 4, 12, Ipv6, 1)]
    [InlineData("udp4", "udp6 any", 4, 12, Ipv4, 1)]
    [InlineData("udp4", "udp6 mapped", 4, 12, Ipv4, 0)]
    [InlineData("tcp4", "tcp4", 0, 40, Ipv4, 0)]
    [InlineData("tcp4", "tcp4 any", 0, 40, Ipv4, 1)]
    [InlineData("tcp6", "tcp6", 0, 40, Ipv6, 0)]
    [InlineData("tcp6", "tcp6 any", 0, 40, Ipv6, 1)]
    [InlineData("tcp4", "tcp6 any", 0, 40, Ipv4, 1)]
    [InlineData("tcp4", "tcp6 mapped", 0, 40, Ipv4, 0)]
    public void Fields(string packet, string socket, int payload, uint length, uint etherType, uint bindInAny)
    {
        IBackendSocket member = Open(socket);
        IBackendMap results = CreateMap(TestPrograms.RecordContext().Maps[0]);
        member.AttachProgram(Load(TestPrograms.RecordContext(), results));
        FlowKey flow = Send(packet, member, payload);
        byte[] seen = results.Lookup(Key(0))!;

        Assert.Equal(
            (length, etherType, (uint)flow.Protocol, bindInAny),
            (Word(seen, 0), Word(seen, 4), Word(seen, 8), Word(seen, 12)));
        Assert.Equal(length, BinaryPrimitives.ReadUInt64LittleEndian(seen.AsSpan(24)));
        Assert.Equal(flow.SourcePort, BinaryPrimitives.ReadUInt16BigEndian(seen.AsSpan(32)));
        Assert.Equal(Port, BinaryPrimitives.ReadUInt16BigEndian(seen.AsSpan(34)));
        if (flow.Protocol == TransportProtocol.Udp)
        {
            Assert.Equal(length, BinaryPrimitives.ReadUInt16BigEndian(seen.AsSpan(36)));
        }

        Assert.Equal(member.Cookie, BinaryPrimitives.ReadUInt64LittleEndian(seen.AsSpan(40)));
    }

    /// <summary>The socket of the context is the first one met, not the one selected: the last bound for IPv4, the first for IPv6.</summary>
    [Theory]
    [InlineData("udp4", "udp4", 2)]
    [InlineData("udp6", "udp6", 0)]
    [InlineData("tcp4", "tcp4", 2)]
    [InlineData("tcp6", "tcp6", 0)]
    [InlineData("udp4", "udp6 any", 0)]
    [InlineData("tcp4", "tcp6 any", 0)]
    public void The_socket_of_the_context(string packet, string socket, int expected)
    {
        IBackendSocket[] members = [.. OpenMany(socket, 3)];
        IBackendMap results = CreateMap(TestPrograms.RecordContext().Maps[0]);
        members[0].AttachProgram(Load(TestPrograms.RecordContext(), results));

        Assert.Equal(ArrivalKind.Slot, Arrival(packet, members).Kind);
        Assert.Equal(members[expected].Cookie, BinaryPrimitives.ReadUInt64LittleEndian(results.Lookup(Key(0)).AsSpan(40)));
    }

    /// <summary>The hash is the kernel's own: the same for the same flow, and it says which member gets the packet.</summary>
    [Theory]
    [InlineData("udp4", "udp4")]
    [InlineData("udp4", "udp4 any")]
    [InlineData("udp6", "udp6")]
    [InlineData("udp6", "udp6 any")]
    [InlineData("tcp4", "tcp4")]
    [InlineData("tcp6", "tcp6 any")]
    [InlineData("udp4", "udp6 any")]
    [InlineData("tcp4", "tcp6 any")]
    public void The_hash_chooses_the_member(string packet, string socket)
    {
        IBackendSocket[] members = [.. OpenMany(socket, 5)];
        IBackendMap results = CreateMap(TestPrograms.RecordContext().Maps[0]);
        members[0].AttachProgram(Load(TestPrograms.RecordContext(), results));
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(packet);
        HashSet<uint> hashes = [];
        for (int flow = 0; flow < 40; flow++)
        {
            FlowKey key = World.NextFlow(protocol, family, Port);
            FlowArrival arrival = Arrival(key, members);
            uint hash = Word(results.Lookup(Key(0))!, 16);

            Assert.Equal((int)(((ulong)hash * 5) >> 32), arrival.Slot);
            _ = hashes.Add(hash);
            Assert.Equal(arrival, Arrival(key, members));
            Assert.Equal(hash, Word(results.Lookup(Key(0))!, 16));
        }

        Assert.True(hashes.Count > 30, "40 flows had fewer than 31 hashes.");
    }

    /// <summary>Payload 01 02 03 04: 12 bytes with the header. Offset, size, and the bytes that come (empty: refused, and the buffer is zeros).</summary>
    [Theory]
    [InlineData("udp4", 8, 4, "01020304")]
    [InlineData("udp4", 8, 1, "01")]
    [InlineData("udp4", 11, 1, "04")]
    [InlineData("udp4", 4, 2, "000c")]
    [InlineData("udp4", 11, 2, "")]
    [InlineData("udp4", 12, 1, "")]
    [InlineData("udp4", 8, 5, "")]
    [InlineData("udp4", 0, 16, "")]
    [InlineData("udp4", 0xffff, 1, "")]
    [InlineData("udp4", 0x10000, 1, "")]
    [InlineData("udp4", 0x7fffffff, 1, "")]
    [InlineData("udp4", 0x80000000, 1, "")]
    [InlineData("udp4", 0xffffffff, 1, "")]
    [InlineData("udp4", 0xfffffff8, 4, "")]
    [InlineData("udp6", 8, 4, "01020304")]
    [InlineData("udp6", 4, 2, "000c")]
    [InlineData("udp6", 11, 2, "")]
    public void Load_bytes(string packet, uint offset, int size, string expected) => Probe(packet, packet, new LoadProbe(offset, size), expected);

    /// <summary>Relative to the network header (1): addresses and protocol; relative to the MAC header (0): the EtherType.</summary>
    [Theory]
    [InlineData("udp4", "udp4", 0, 1, 1, "45")]
    [InlineData("udp4", "udp4", 9, 1, 1, "11")]
    [InlineData("udp4", "udp4", 12, 4, 1, "0a080001")]
    [InlineData("udp4", "udp4", 16, 4, 1, "0a070001")]
    [InlineData("udp4", "udp4", 12, 8, 1, "0a0800010a070001")]
    [InlineData("udp4", "udp4", 28, 4, 1, "01020304")]
    [InlineData("udp4", "udp4", 31, 1, 1, "04")]
    [InlineData("udp4", "udp4", 31, 2, 1, "")]
    [InlineData("udp4", "udp4", 32, 1, 1, "")]
    [InlineData("udp4", "udp4", 12, 2, 0, "0800")]
    [InlineData("udp4", "udp4", 26, 4, 0, "0a080001")]
    [InlineData("udp4", "udp4", 45, 1, 0, "04")]
    [InlineData("udp4", "udp4", 46, 1, 0, "")]
    [InlineData("udp4", "udp4", 0, 1, 2, "")]
    [InlineData("udp4", "udp4", 0, 1, -1, "")]
    [InlineData("udp4", "udp4", 0xffff, 1, 1, "")]
    [InlineData("udp4", "udp4", 0x10000, 1, 1, "")]
    [InlineData("udp4", "udp4", 0xffffffff, 1, 1, "")]
    [InlineData("udp6", "udp6", 6, 1, 1, "11")]
    [InlineData("udp6", "udp6", 8, 16, 1, "fd080000000000000000000000000001")]
    [InlineData("udp6", "udp6", 24, 16, 1, "fd070000000000000000000000000001")]
    [InlineData("udp6", "udp6", 48, 4, 1, "01020304")]
    [InlineData("udp6", "udp6", 52, 1, 1, "")]
    [InlineData("udp6", "udp6", 12, 2, 0, "86dd")]
    [InlineData("udp4", "udp6 any", 12, 4, 1, "0a080001")]
    [InlineData("udp4", "udp6 any", 12, 2, 0, "0800")]
    [InlineData("tcp4", "tcp4", 9, 1, 1, "06")]
    [InlineData("tcp4", "tcp4", 16, 4, 1, "0a070001")]
    [InlineData("tcp4", "tcp4", 33, 1, 1, "02")]
    [InlineData("tcp6", "tcp6", 6, 1, 1, "06")]
    [InlineData("tcp6", "tcp6", 24, 16, 1, "fd070000000000000000000000000001")]
    [InlineData("tcp4", "tcp6 any", 16, 4, 1, "0a070001")]
    public void Load_bytes_relative(string packet, string socket, uint offset, int size, int header, string expected) =>
        Probe(packet, socket, new LoadProbe(offset, size, header), expected);

    private static uint Word(byte[] value, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(offset));

    private void Probe(string packet, string socket, LoadProbe probe, string expected)
    {
        IBackendSocket member = Open(socket);
        ProgramSpec spec = TestPrograms.RecordLoads([probe]);
        IBackendMap results = CreateMap(spec.Maps[0]);
        member.AttachProgram(Load(spec, results));
        _ = Send(packet, member, 4);
        byte[] seen = results.Lookup(Key(0))!;

        Assert.Equal(expected.Length == 0 ? Fault : 0, BinaryPrimitives.ReadInt64LittleEndian(seen));
        byte[] buffer = [.. Enumerable.Repeat((byte)0xaa, 16)];
        (expected.Length == 0 ? new byte[probe.Size] : Convert.FromHexString(expected)).CopyTo(buffer, 0);
        Assert.Equal(Convert.ToHexString(buffer), Convert.ToHexString(seen.AsSpan(8)));
    }

    private FlowKey Send(string packet, IBackendSocket member, int payload)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(packet);
        FlowKey flow = World.NextFlow(protocol, family, Port);
        ImmutableArray<byte> bytes = [.. Enumerable.Range(1, payload).Select(i => (byte)i)];
        Assert.Equal(Slot(0), Arrival(flow, [member], bytes));
        return flow;
    }
}
