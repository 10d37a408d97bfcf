using System.Buffers.Binary;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios;
using static ReuseportPS.Engine.Classic.ClassicCode;

namespace ReuseportPS.Contract;

/// <summary>Classic programs: what is refused, through which socket they attach, and which member a packet gets by what they return.</summary>
public abstract class ClassicContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Members = 8;

    [Theory]
    [InlineData("unbound", Errno.None)]
    [InlineData("unbound, no option", Errno.EINVAL)]
    [InlineData("member", Errno.None)]
    [InlineData("tcp unbound", Errno.None)]
    [InlineData("tcp member", Errno.None)]
    [InlineData("no option", Errno.EINVAL)]
    [InlineData("connected", Errno.EINVAL)]
    [InlineData("tcp client", Errno.EINVAL)]
    [InlineData("locked", Errno.EPERM)]
    public void Attach(string what, Errno expected)
    {
        IBackendSocket socket = InState(what);

        Assert.Equal(expected, Refusal(() => socket.AttachClassicProgram(Program(Do(Return, 0)))));
        if (expected == Errno.None)
        {
            Assert.Equal(Errno.None, Refusal(socket.DetachProgram));
            Assert.Equal(Errno.ENOENT, Refusal(socket.DetachProgram));
        }
    }

    /// <summary>Each is one mistake in text of tcpdump -ddd, without its first line.</summary>
    [Theory]
    [InlineData("6 0 0 0", "")]
    [InlineData("22 0 0 0", "")]
    [InlineData("", "RPS1103")]
    [InlineData("0 0 0 0", "RPS1110")]
    [InlineData("14 0 0 0", "RPS1104 RPS1110")]
    [InlineData("65535 0 0 0;6 0 0 0", "RPS1104")]
    [InlineData("52 0 0 0;6 0 0 0", "RPS1105")]
    [InlineData("148 0 0 0;6 0 0 0", "RPS1105")]
    [InlineData("60 0 0 0;6 0 0 0", "")]
    [InlineData("100 0 0 31;6 0 0 0", "")]
    [InlineData("100 0 0 32;6 0 0 0", "RPS1106")]
    [InlineData("116 0 0 4294967295;6 0 0 0", "RPS1106")]
    [InlineData("2 0 0 15;96 0 0 15;6 0 0 0", "")]
    [InlineData("2 0 0 16;6 0 0 0", "RPS1107")]
    [InlineData("3 0 0 16;6 0 0 0", "RPS1107")]
    [InlineData("97 0 0 3;6 0 0 0", "RPS1108")]
    [InlineData("21 1 0 0;2 0 0 3;96 0 0 3;6 0 0 0", "RPS1108")]
    [InlineData("21 1 0 0;6 0 0 3;2 0 0 3;96 0 0 3;6 0 0 0", "")]
    [InlineData("6 0 0 0;96 0 0 3;6 0 0 0", "RPS1108")]
    [InlineData("5 0 0 1;96 0 0 3;6 0 0 0", "")]
    [InlineData("5 0 0 0;6 0 0 0", "")]
    [InlineData("5 0 0 1;6 0 0 0", "RPS1109")]
    [InlineData("5 0 0 4294967295;6 0 0 0", "RPS1109")]
    [InlineData("21 0 1 0;6 0 0 0", "RPS1109")]
    [InlineData("29 255 0 0;6 0 0 0", "RPS1109")]
    [InlineData("32 0 0 4294963260;6 0 0 0", "")]
    [InlineData("32 0 0 4294963264;6 0 0 0", "RPS1111")]
    [InlineData("48 0 0 4294963201;6 0 0 0", "RPS1111")]
    [InlineData("32 0 0 4294963199;6 0 0 0", "")]
    [InlineData("32 0 0 4294967295;6 0 0 0", "RPS1111")]
    [InlineData("64 0 0 4294967295;6 0 0 0", "")]
    [InlineData("177 0 0 4294967295;6 0 0 0", "")]
    [InlineData("21 0 0 0", "RPS1109 RPS1110")]
    public void What_is_refused(string text, string codes)
    {
        ClassicProgram program = Program([.. text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').Select(number => uint.Parse(number, CultureInfo.InvariantCulture)).ToArray())
            .Select(numbers => new ClassicInstruction((ushort)numbers[0], (byte)numbers[1], (byte)numbers[2], numbers[3]))]);

        Assert.Equal(codes, string.Join(' ', ClassicChecker.Check(program.Instructions.AsSpan()).Select(finding => finding.Code).Order(StringComparer.Ordinal)));
        Assert.Equal(codes.Length == 0 ? Errno.None : Errno.EINVAL, Refusal(() => Open("udp4").AttachClassicProgram(program)));
    }

    [Theory]
    [InlineData(4096, Errno.None)]
    [InlineData(4097, Errno.EINVAL)]
    public void The_longest_program(int length, Errno expected) => Assert.Equal(
        expected, Refusal(() => Open("udp4").AttachClassicProgram(Program([.. Enumerable.Repeat(Do(Return, 1), length)]))));

    /// <summary>Instructions of all codes and operands at the edges: the checker refuses what is refused here.</summary>
    [Fact]
    public void Random_programs_are_refused_where_the_checker_refuses_them()
    {
        const int Seed = 20261122;
        Random random = new(Seed);
        IBackendSocket member = Open("udp4");
        int accepted = 0;
        for (int round = 0; round < 3000; round++)
        {
            ClassicProgram program = Program([.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => AnyInstruction(random)), Do(Return, 0)]);
            bool isRefused = !ClassicChecker.Check(program.Instructions.AsSpan()).IsEmpty;
            accepted += isRefused ? 0 : 1;

            Errno answer = Refusal(() => member.AttachClassicProgram(program));

            Assert.True(answer == (isRefused ? Errno.EINVAL : Errno.None), $"seed {Seed}, round {round}: {answer}\n{program.ToText()}");
        }

        Assert.InRange(accepted, 300, 2700);
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void The_result_is_an_index_and_beyond_the_members_the_hash_chooses(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        foreach (uint index in (uint[])[0, 1, 2, 3, 0x10001, uint.MaxValue])
        {
            (TransportProtocol protocol, IpFamily family) = SocketText.Packet(kind);
            FlowKey flow = World.NextFlow(protocol, family, Port);
            FlowArrival byHash = Arrival(flow, members);
            members[1].AttachClassicProgram(Program(Do(Return, index)));

            Assert.Equal(index < 3 ? Slot((int)index) : byHash, Arrival(flow with { SourcePort = flow.SourcePort }, members));
            members[2].DetachProgram();
        }
    }

    [Fact]
    public void A_connection_attempt_has_no_payload_to_load()
    {
        IBackendSocket[] members = [.. OpenMany("tcp4", 3)];
        members[0].AttachClassicProgram(Program(Do(LoadByte, 0), Do(Return, 2)));
        Assert.Equal(Slot(0), Arrival("tcp4", members));
        members[0].AttachClassicProgram(Program(Do(LoadLength, 0), Do(AddImmediate, 2), Do(ReturnAccumulator, 0)));
        Assert.Equal(Slot(2), Arrival("tcp4", members));
    }

    [Fact]
    public void It_takes_the_place_of_a_program_and_gives_way_to_one()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        IBackendMap seats = CreateSeats(members);
        members[0].AttachClassicProgram(Program(Do(Return, 1)));
        Assert.Equal(Slot(1), Arrival("udp4", members));
        AttachmentState seen = Backend.InspectAttachment(Record(members[0])).State;
        Assert.True(seen is AttachmentState.Classic or AttachmentState.Unknown, seen.ToString());

        _ = AttachSelection(members[1], seats, 2);
        Assert.Equal(Slot(2), Arrival("udp4", members));
        members[2].AttachClassicProgram(Program(Do(Return, 0)));
        Assert.Equal(Slot(0), Arrival("udp4", members));
        members[0].DetachProgram();
        Assert.Equal(Errno.ENOENT, Refusal(members[1].DetachProgram));
    }

    /// <summary>What a datagram of the bytes 1 to 40 gets: code and k of each instruction but the last two, modulo 8 and return A.</summary>
    [Theory]
    [InlineData("48:0", 1)]
    [InlineData("48:39", 0)]
    [InlineData("48:40", 0)]
    [InlineData("40:38", 0)]
    [InlineData("40:39", 0)]
    [InlineData("32:0", 4)]
    [InlineData("32:36", 0)]
    [InlineData("128:0 4:5", 5)]
    [InlineData("129:0 135:0 4:6", 6)]
    [InlineData("1:3 80:1", 5)]
    [InlineData("1:4294967295 80:3", 3)]
    [InlineData("177:4 135:0 116:2", 5)]
    [InlineData("0:7 2:3 0:1 97:3 12:0", 0)]
    [InlineData("0:7 1:0 60:0", 0)]
    [InlineData("0:7 1:0 156:0", 0)]
    [InlineData("0:7 1:33 108:0", 6)]
    [InlineData("0:64 1:35 124:0", 0)]
    [InlineData("0:1 132:0", 7)]
    [InlineData("32:4294963204 4:3", 3)]
    [InlineData("0:5 1:3 32:4294963240", 6)]
    [InlineData("32:4294963244 4:2", 2)]
    [InlineData("32:4294963248 4:2", 2)]
    [InlineData("32:4294963260 4:2", 2)]
    [InlineData("32:4294963252 4:1", 1)]
    [InlineData("40:4293918722 4:0", 4)]
    [InlineData("48:4293918729 4:0", 1)]
    [InlineData("40:4292870156 116:8", 0)]
    public void What_a_datagram_gets(string body, int expected)
    {
        byte[] payload = [.. Enumerable.Range(1, 40).Select(i => (byte)i)];
        IBackendSocket[] members = [.. OpenMany("udp4", Members)];
        ClassicInstruction[] code = [.. body.Split(' ').Select(part => part.Split(':')).Select(part =>
            new ClassicInstruction(ushort.Parse(part[0], CultureInfo.InvariantCulture), 0, 0, uint.Parse(part[1], CultureInfo.InvariantCulture)))];
        members[0].AttachClassicProgram(ModuloMembers(code));

        Assert.Equal(Slot(expected), Arrival("udp4", members, payload: [.. payload]));
    }

    /// <summary>Random valid programs over random datagrams: the member is the one that <see cref="ClassicMachine"/> says.</summary>
    [Theory]
    [InlineData("udp4", 1)]
    [InlineData("udp6", 2)]
    public void Random_programs_choose_the_member_that_the_machine_says(string kind, int seed)
    {
        Random random = new(seed);
        IBackendSocket[] members = [.. OpenMany(kind, Members)];
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(kind);
        int[] chosen = new int[Members];
        for (int round = 0; round < 1500; round++)
        {
            ClassicProgram program = AnyProgram(random, family);
            byte[] payload = new byte[random.Next(0, 80)];
            random.NextBytes(payload);
            FlowKey flow = World.NextFlow(protocol, family, Port) with { SourcePort = (ushort)(10_000 + round) };
            uint expected = ClassicMachine.Run(program, Describe(flow, payload));
            members[round % Members].AttachClassicProgram(program);

            FlowArrival arrival = Arrival(flow, members, [.. payload]);

            Assert.True(arrival == Slot((int)expected), $"seed {seed}, round {round}: {arrival}, not {expected}; payload {Convert.ToHexString(payload)}\n{program.ToText()}");
            chosen[expected]++;
        }

        Assert.All(chosen, count => Assert.InRange(count, 20, 1500));
    }

    private static ClassicInstruction Do(ClassicCode code, uint k) => new((ushort)code, 0, 0, k);

    private static ClassicProgram Program(params ClassicInstruction[] code) => new([.. code]);

    private static ClassicProgram ModuloMembers(IEnumerable<ClassicInstruction> code) =>
        new([.. code, Do(ModuloImmediate, Members), Do(ReturnAccumulator, 0)]);

    private static ClassicInstruction AnyInstruction(Random random)
    {
        ClassicCode[] codes = Enum.GetValues<ClassicCode>();
        uint[] edges = [0, 1, 2, 3, 15, 16, 31, 32, uint.MaxValue, 0xfffff000, 0xfffff004, 0xfffff03c, 0xfffff040, 0xffffefff, 0x7fffffff, 0x80000000];
        return new ClassicInstruction(
            random.Next(40) == 0 ? (ushort)random.Next(0, 300) : (ushort)codes[random.Next(codes.Length)],
            (byte)random.Next(0, 4), (byte)random.Next(0, 4), random.Next(4) == 0 ? edges[random.Next(edges.Length)] : (uint)random.Next(0, 4));
    }

    // Every code, jumps over a few instructions; of ancillary data and headers what is the same wherever a packet comes from.
    private static ClassicProgram AnyProgram(Random random, IpFamily family)
    {
        ClassicCode[] codes = [.. Enum.GetValues<ClassicCode>().Where(code => code is not (Return or ReturnAccumulator))];
        List<ClassicInstruction> code = [];
        int length = random.Next(3, 24);
        for (ushort word = 0; word < 4; word++)
        {
            code.Add(Do(LoadImmediate, (uint)random.Next()));
            code.Add(Do(Store, word));
        }

        code.Add(Do(LoadIndexImmediate, (uint)random.Next(0, 40)));
        for (int i = 0; i < length; i++)
        {
            ClassicCode operation = codes[random.Next(codes.Length)];
            int left = length - i;
            byte distance() => (byte)random.Next(0, Math.Min(left, 4));
            uint k = operation switch
            {
                Jump => distance(),
                LoadScratch or LoadIndexScratch or Store or StoreIndex => (uint)random.Next(0, 4),
                ShiftLeftImmediate or ShiftRightImmediate => (uint)random.Next(0, 32),
                DivideImmediate or ModuloImmediate => (uint)random.Next(1, 300),
                LoadWord or LoadHalf or LoadByte => Place(random, family, operation),
                LoadWordIndexed or LoadHalfIndexed or LoadByteIndexed => random.Next(4) == 0 ? uint.MaxValue - (uint)random.Next(0, 60) : (uint)random.Next(0, 50),
                LoadIndexHeaderLength => (uint)random.Next(0, 90),
                LoadIndexImmediate => (uint)random.Next(0, 60),
                _ => random.Next(3) == 0 ? (uint)random.NextInt64(uint.MaxValue) : (uint)random.Next(0, 300),
            };
            code.Add(new ClassicInstruction((ushort)operation, distance(), distance(), k));
        }

        return ModuloMembers(code);
    }

    private static uint Place(Random random, IpFamily family, ClassicCode operation)
    {
        int[] ancillary =
        [
            ClassicOffsets.Protocol, ClassicOffsets.PacketType, ClassicOffsets.NetlinkAttribute, ClassicOffsets.NestedNetlinkAttribute, ClassicOffsets.Mark,
            ClassicOffsets.XorIndex, ClassicOffsets.VlanTag, ClassicOffsets.VlanTagPresent, ClassicOffsets.PayloadOffset, ClassicOffsets.VlanProtocol,
        ];

        // Places of halves in the network and transport headers whose bytes are known: lengths, addresses, ports. A word has none beside it.
        int[] halves = family == IpFamily.V4 ? [2, 8, 12, 14, 16, 18, 20, 22, 24] : [4, 6, 8, 10, 22, 24, 38, 40, 42, 44];
        return random.Next(8) switch
        {
            0 => unchecked((uint)(ClassicOffsets.Ancillary + ancillary[random.Next(ancillary.Length)])),
            1 when operation != LoadWord => unchecked((uint)(ClassicOffsets.NetworkHeader + halves[random.Next(halves.Length)])),
            2 when operation == LoadHalf => unchecked((uint)(ClassicOffsets.LinkLayerHeader + 12)),
            3 => unchecked((uint)(ClassicOffsets.NetworkHeader + 3000)),
            4 => unchecked((uint)(ClassicOffsets.LinkLayerHeader - random.Next(1, 9))),
            5 => (uint)random.Next(60, 90),
            _ => (uint)random.Next(0, 70),
        };
    }

    // The packet as the receiver's network layer has it; bytes that differ from send to send are 0.
    private static ClassicPacket Describe(FlowKey flow, byte[] payload)
    {
        const int Udp = 8;
        bool isV4 = flow.Family == IpFamily.V4;
        int ip = isV4 ? 20 : 40;
        byte[] data = new byte[ip + Udp + payload.Length];
        if (isV4)
        {
            data[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), (ushort)data.Length);
            (data[8], data[9]) = (64, 17);
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(12), (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(16), (uint)flow.Destination);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), (ushort)(Udp + payload.Length));
            (data[6], data[7]) = (17, 64);
            BinaryPrimitives.WriteUInt128BigEndian(data.AsSpan(8), flow.Source);
            BinaryPrimitives.WriteUInt128BigEndian(data.AsSpan(24), flow.Destination);
        }

        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(ip), flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(ip + 2), flow.DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(ip + 4), (ushort)(Udp + payload.Length));
        payload.CopyTo(data, ip + Udp);
        return new ClassicPacket { Data = data, PayloadOffset = ip + Udp, PayloadLength = payload.Length, Protocol = isV4 ? (ushort)0x0800 : (ushort)0x86dd };
    }
}
