using System.Buffers.Binary;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;

namespace ReuseportPS.Simulator.Tests.Programs;

/// <summary>Semantics §3.1, §3.2 and §4.1: what a program sees.</summary>
public sealed class ContextTests
{
    private const int Fault = -14;

    private readonly Host _host = new();

    /// <summary>Protocol, bound address, destination; len, eth_protocol, ip_protocol, bind_inany, and the opened member that sk is.</summary>
    public static TheoryData<TransportProtocol, string, string, uint, uint, uint, uint, int> Fields => new()
    {
        { TransportProtocol.Udp, "127.0.0.1", "127.0.0.1", 12, 0x0008, 17, 0, 2 },
        { TransportProtocol.Udp, "0.0.0.0", "127.0.0.1", 12, 0x0008, 17, 1, 2 },
        { TransportProtocol.Udp, "::1", "::1", 12, 0xdd86, 17, 0, 0 },
        { TransportProtocol.Udp, "::", "::1", 12, 0xdd86, 17, 1, 0 },
        { TransportProtocol.Udp, "::", "127.0.0.1", 12, 0x0008, 17, 1, 0 },
        { TransportProtocol.Udp, "::ffff:127.0.0.1", "127.0.0.1", 12, 0x0008, 17, 0, 0 },
        { TransportProtocol.Tcp, "127.0.0.1", "127.0.0.1", 40, 0x0008, 6, 0, 2 },
        { TransportProtocol.Tcp, "::", "::1", 40, 0xdd86, 6, 1, 0 },
        { TransportProtocol.Tcp, "::", "127.0.0.1", 40, 0x0008, 6, 1, 0 },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void Fields_of_the_context(
        TransportProtocol protocol, string bound, string destination, uint length, uint etherType, uint ipProtocol, uint inAny, int firstMet)
    {
        IBackendSocket[] members = _host.OpenGroup(protocol, bound, 3);
        Packet packet = Host.Packet(protocol, destination, payload: [1, 2, 3, 4]);
        byte[] context = Observe(
            members[0], in packet,
            [Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 16)],
            [Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 20)],
            [Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 24)],
            [Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 28)],
            [Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 32)],
            [Instructions.Load(MemorySize.DoubleWord, Register.R0, Register.R6, 48)],
            [
                Instructions.Load(MemorySize.DoubleWord, Register.R0, Register.R6, 8),
                Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 0),
                Instructions.Alu64(AluOperation.Subtract, Register.R0, Register.R1),
            ],
            [
                Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 40),
                Instructions.CallHelper(46),
            ],
            [Instructions.MoveImmediate(Register.R1, 0), Instructions.CallHelper(46)],
            [
                Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 0),
                Instructions.Load(MemorySize.HalfWord, Register.R0, Register.R1, 0),
            ]);

        Decision decision = _host.Network.Deliver(in packet, 0);
        Assert.Equal(
            [length, etherType, ipProtocol, inAny, decision.Hash, 0, length, members[firstMet].Cookie, 0, 0x409c],
            Words(context, 10));
    }

    [Theory]
    [InlineData(TransportProtocol.Udp, "127.0.0.1", 2u, 2u, 17u, 7u)]
    [InlineData(TransportProtocol.Tcp, "127.0.0.1", 2u, 1u, 6u, 10u)]
    [InlineData(TransportProtocol.Udp, "::1", 10u, 2u, 17u, 7u)]
    public void Fields_of_the_socket(TransportProtocol protocol, string bound, uint family, uint type, uint ipProtocol, uint state)
    {
        IBackendSocket member = _host.Open(protocol, bound, device: "lo");
        Packet packet = Host.Packet(protocol, bound);
        Instruction[] socket = [Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 40)];
        short[] offsets = [0, 4, 8, 12, 16, 20, 24, 40, 44, 48, 52, 72, 76];
        ulong[] fields = Words(
            Observe(member, in packet, [.. offsets.Select(offset => (Instruction[])[.. socket, Instructions.Load(MemorySize.Word, Register.R0, Register.R1, offset)])]),
            offsets.Length);
        bool isV4 = family == 2;
        Assert.Equal(
            [1, family, type, ipProtocol, 0, 0, isV4 ? 0x0100007fu : 0, isV4 ? 0 : 0x01000000u, 5000, 0, 0, state, uint.MaxValue],
            fields);
    }

    /// <summary>skb_load_bytes of a datagram of 4 payload bytes: offset, length, whether it succeeds.</summary>
    [Theory]
    [InlineData(0u, 8, true)]
    [InlineData(8u, 4, true)]
    [InlineData(0u, 12, true)]
    [InlineData(11u, 1, true)]
    [InlineData(12u, 1, false)]
    [InlineData(9u, 4, false)]
    [InlineData(0u, 13, false)]
    [InlineData(0x7fffffffu, 1, false)]
    [InlineData(0x80000000u, 1, false)]
    [InlineData(0xffffffffu, 1, false)]
    public void Load_bytes(uint offset, int length, bool succeeds)
    {
        Packet packet = Host.Packet(TransportProtocol.Udp, "127.0.0.1", payload: [1, 2, 3, 4]);
        byte[] expected = new byte[16];
        if (succeeds)
        {
            packet.Data.Span.Slice(packet.TransportOffset + (int)offset, length).CopyTo(expected);
        }

        expected.AsSpan(length).Fill(0xee);
        CheckLoad(in packet, 26, offset, length, 0, succeeds ? 0 : Fault, expected);
    }

    /// <summary>skb_load_bytes_relative: start header, offset, length, whether it succeeds. IPv4 header of 20 bytes, 12 of transport.</summary>
    [Theory]
    [InlineData(1, 0u, 16, true)]
    [InlineData(1, 12u, 8, true)]
    [InlineData(1, 20u, 12, true)]
    [InlineData(1, 31u, 1, true)]
    [InlineData(1, 32u, 1, false)]
    [InlineData(0, 0u, 16, true)]
    [InlineData(0, 12u, 4, true)]
    [InlineData(0, 45u, 1, true)]
    [InlineData(0, 46u, 1, false)]
    [InlineData(2, 0u, 1, false)]
    [InlineData(-1, 0u, 1, false)]
    [InlineData(1, 0x10000u, 1, false)]
    public void Load_bytes_relative(int header, uint offset, int length, bool succeeds)
    {
        Packet packet = Host.Packet(TransportProtocol.Udp, "127.0.0.1", payload: [1, 2, 3, 4]);
        byte[] frame = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, .. packet.Data.ToArray()];
        byte[] expected = new byte[16];
        if (succeeds)
        {
            frame.AsSpan((header == 0 ? 0 : 14) + (int)offset, length).CopyTo(expected);
        }

        expected.AsSpan(length).Fill(0xee);
        CheckLoad(in packet, 68, offset, length, header, succeeds ? 0 : Fault, expected);
    }

    [Fact]
    public void Linear_part_bounds_direct_access_and_relative_loads_but_not_load_bytes()
    {
        Packet packet = Host.Packet(TransportProtocol.Udp, "127.0.0.1", payload: new byte[LinearLength.LargestUdp4]);
        CheckLoad(in packet, 26, 8, 4, 0, 0, [0, 0, 0, 0, .. Enumerable.Repeat((byte)0xee, 12)]);
        CheckLoad(in packet, 68, 28, 1, 1, Fault, [0, .. Enumerable.Repeat((byte)0xee, 15)]);
        CheckLoad(in packet, 68, 20, 8, 1, 0, [.. packet.Data[20..28].ToArray(), .. Enumerable.Repeat((byte)0xee, 8)]);
    }

    /// <summary>Measured on 6.18 by bisection.</summary>
    [Theory]
    [InlineData("127.0.0.1", 16004, 16012)]
    [InlineData("127.0.0.1", 16005, 8)]
    [InlineData("::1", 15991, 15999)]
    [InlineData("::1", 15992, 8)]
    [InlineData("127.0.0.1", 0, 8)]
    public void Loopback_keeps_short_datagrams_linear(string destination, int payload, int expected)
    {
        Packet packet = Host.Packet(TransportProtocol.Udp, destination, payload: new byte[payload]);
        Assert.Equal(expected, LinearLength.OnLoopback(in packet));
    }

    [Fact]
    public void Linear_length_can_be_given()
    {
        IBackendSocket member = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Packet packet = Host.Packet(TransportProtocol.Udp, "127.0.0.1", payload: new byte[100]);
        Instruction[] linear =
        [
            Instructions.Load(MemorySize.DoubleWord, Register.R0, Register.R6, 8),
            Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 0),
            Instructions.Alu64(AluOperation.Subtract, Register.R0, Register.R1),
        ];
        Assert.Equal([50ul], Words(Observe(member, in packet, 50, linear), 1));
        Assert.Equal([108ul], Words(Observe(member, in packet, 5000, linear), 1));
    }

    [Fact]
    public void Bytes_that_a_capture_cut_off_read_as_zeros()
    {
        IBackendSocket member = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Packet whole = Host.Packet(TransportProtocol.Udp, "127.0.0.1", payload: [1, 2, 3, 4, 5, 6, 7, 8]);
        Packet cut = new()
        {
            Timestamp = 0,
            Data = whole.Data[..^4],
            TransportOffset = whole.TransportOffset,
            TransportLength = whole.TransportLength,
            Flow = whole.Flow,
        };
        Instruction[] payload =
        [
            Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 0),
            Instructions.Load(MemorySize.DoubleWord, Register.R0, Register.R1, 8),
        ];
        Assert.Equal([0x04030201ul], Words(Observe(member, in cut, payload), 1));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    public void Packets_of_the_host_have_valid_checksums(string destination, string source)
    {
        foreach (TransportProtocol protocol in new[] { TransportProtocol.Udp, TransportProtocol.Tcp })
        {
            Packet packet = Host.Packet(protocol, destination, source, payload: [1, 2, 3]);
            ReadOnlySpan<byte> data = packet.Data.Span;
            bool isV4 = packet.Flow.Family == IpFamily.V4;
            if (isV4)
            {
                Assert.Equal(0xffffu, Fold(data[..20], 0));
            }

            uint pseudo = Fold(isV4 ? data[12..20] : data[8..40], (uint)packet.TransportLength + (uint)protocol);
            Assert.Equal(0xffffu, Fold(data[packet.TransportOffset..], pseudo));
        }
    }

    [Fact]
    public void Program_sees_cpu_clock_and_random_numbers_of_the_host()
    {
        _host.Backend.Nanoseconds = 123_456;
        IBackendSocket member = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Packet packet = Host.Packet(TransportProtocol.Udp, "127.0.0.1");
        ulong[] words = Words(
            Observe(member, in packet, -1, [Instructions.CallHelper(8)], [Instructions.CallHelper(5)], [Instructions.CallHelper(7)], [Instructions.CallHelper(7)]), 4);
        Assert.Equal([0ul, 123_456ul], words[..2]);
        Assert.NotEqual(words[2], words[3]);
    }

    private static uint Fold(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += (uint)bytes[i] << (i % 2 == 0 ? 8 : 0);
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return sum;
    }

    private static ulong[] Words(byte[] bytes, int count) =>
        [.. Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8 * i)))];

    private byte[] Observe(IBackendSocket member, in Packet packet, params Instruction[][] parts) => Observe(member, in packet, -1, parts);

    /// <summary>Runs a program that keeps the context in r6 and stores r0 after each part; returns what it stored.</summary>
    private byte[] Observe(IBackendSocket member, in Packet packet, int linearLength, params Instruction[][] parts)
    {
        IBackendMap results = _host.Backend.CreateMap(new MapSpec("results", MapType.Array, 4, 256, 1));
        List<Instruction> code = [Instructions.Move(Register.R6, Register.R1), Instructions.LoadMapValue(Register.R7, 0, 0)];
        for (int i = 0; i < parts.Length; i++)
        {
            code.AddRange([.. parts[i], Instructions.Store(MemorySize.DoubleWord, Register.R7, (short)(8 * i), Register.R0)]);
        }

        code.AddRange([Instructions.MoveImmediate(Register.R0, 1), Instructions.Exit()]);
        member.AttachProgram(_host.Program([results], [.. code]));
        Decision decision = _host.Network.Deliver(in packet, 0, linearLength);
        Assert.Equal(DecisionKind.ProgramFallback, decision.Kind);
        return results.Lookup(new byte[4])!;
    }

    private void CheckLoad(in Packet packet, int helper, uint offset, int length, int header, int result, byte[] expected)
    {
        IBackendSocket member = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Instruction[] load =
        [
            Instructions.LoadImmediate64(Register.R0, 0xeeeeeeeeeeeeeeee),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 128, Register.R0),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 136, Register.R0),
            Instructions.Move(Register.R1, Register.R6),
            Instructions.LoadImmediate64(Register.R2, offset),
            Instructions.Move(Register.R3, Register.R7),
            Instructions.Alu64(AluOperation.Add, Register.R3, 128),
            Instructions.MoveImmediate(Register.R4, length),
            Instructions.MoveImmediate(Register.R5, header),
            Instructions.CallHelper(helper),
        ];
        byte[] value = Observe(member, in packet, load);
        Assert.Equal(result, (long)Words(value, 1)[0]);
        Assert.Equal(expected, value[128..144]);
    }
}
