using CsCheck;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Tests.Classic;

/// <summary>Reading and writing classic programs. What they do is held to the kernel in tests/Contract.</summary>
public sealed class ClassicProgramTests
{
    // The first byte of the payload modulo 4.
    private const string Filter = "4\n48 0 0 0\n148 0 0 4\n22 0 0 0\n6 0 0 0\n";

    [Fact]
    public void Text_and_bytes_come_back()
    {
        ClassicProgram program = ClassicProgram.FromText(Filter).Program!;
        Assert.Equal(Filter, program.ToText());
        Assert.Equal("300000000000000094000000040000001600000000000000060000000000000000"[..64], Convert.ToHexStringLower(program.ToBytes()));
        Assert.Equal(program.Instructions.ToArray(), ClassicProgram.FromBytes(program.ToBytes()).Program!.Instructions.ToArray());
        Assert.Equal(program.Instructions.ToArray(), ClassicProgram.FromText(Filter.Replace("\n", " \r\n\r\n", StringComparison.Ordinal)).Program!.Instructions.ToArray());
    }

    [Theory]
    [InlineData("", "RPS1101", "x.ddd:1:1", "empty")]
    [InlineData("one\n6 0 0 0", "RPS1101", "x.ddd:1:1", "number of instructions")]
    [InlineData("2\n6 0 0 0", "RPS1101", "x.ddd:1:1", "1 follow")]
    [InlineData("1\n6 0 0", "RPS1101", "x.ddd:2:1", "jt and jf")]
    [InlineData("1\n6 0 0 0 0", "RPS1101", "x.ddd:2:1", "jt and jf")]
    [InlineData("1\n6 256 0 0", "RPS1101", "x.ddd:2:1", "8 bits")]
    [InlineData("1\n6 0 0 4294967296", "RPS1101", "x.ddd:2:1", "32 bits")]
    [InlineData("2\n\n52 0 0 0\n6 0 0 0", "RPS1105", "x.ddd:3, instruction 0", "0")]
    [InlineData("1\n0 0 0 0", "RPS1110", "x.ddd:2, instruction 0", "return")]
    public void A_mistake_is_found_where_it_is(string text, string code, string place, string says)
    {
        ClassicReading reading = ClassicProgram.FromText(text, "x.ddd");
        Assert.Null(reading.Program);
        Diagnostic finding = Assert.Single(reading.Diagnostics);
        Assert.Equal((code, place), (finding.Code, finding.Location!.ToString()));
        Assert.Contains(says, finding.Message, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy!);
    }

    [Fact]
    public void Half_an_instruction_is_refused() =>
        Assert.Equal("RPS1102", Assert.Single(ClassicProgram.FromBytes(new byte[12]).Diagnostics).Code);

    /// <summary>What the checker takes, the machine runs to its end; nothing throws.</summary>
    [Fact]
    public void No_bytes_lead_to_an_exception()
    {
        ushort[] codes = [.. Enum.GetValues<ClassicCode>().Select(code => (ushort)code)];
        Gen<ClassicInstruction> instruction = Gen.Select(
            Gen.OneOf(Gen.Int[0, codes.Length - 1].Select(i => codes[i]), Gen.UShort), Gen.Byte[0, 4], Gen.Byte[0, 4], Gen.OneOf(Gen.UInt[0, 20], Gen.UInt, Gen.UInt[0xfffff000, 0xfffff040]),
            (code, jt, jf, k) => new ClassicInstruction(code, jt, jf, k));
        Gen.Select(instruction.Array[0, 12], Gen.Byte.Array[0, 60]).Sample(
            (body, payload) =>
            {
                ClassicReading reading = ClassicProgram.FromBytes(new ClassicProgram([.. body, new ClassicInstruction(0x16, 0, 0, 0)]).ToBytes());
                Assert.Equal(reading.Program is null, !reading.Diagnostics.IsEmpty);
                if (reading.Program is not null)
                {
                    ClassicPacket packet = new() { Data = payload, PayloadOffset = payload.Length / 2, PayloadLength = payload.Length };
                    Assert.Equal(ClassicMachine.Run(reading.Program, packet), ClassicMachine.Run(reading.Program, packet));
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void No_text_leads_to_an_exception() =>
        Gen.Select(Gen.Int[0, Filter.Length - 1], Gen.Char[' ', '~'], Gen.Bool).Array[1, 4].Sample(
            edits =>
            {
                string text = Filter;
                foreach ((int at, char character, bool replaces) in edits)
                {
                    text = (replaces ? text.Remove(at, 1) : text).Insert(at, character.ToString());
                }

                ClassicReading reading = ClassicProgram.FromText(text);
                Assert.Equal(reading.Program is null, !reading.Diagnostics.IsEmpty);
            },
            iter: 20_000);

    [Fact]
    public void Ancillary_data_are_what_the_packet_says()
    {
        ClassicPacket packet = new()
        {
            Protocol = 0x86dd,
            PacketType = 3,
            InterfaceIndex = 7,
            HardwareType = 1,
            Mark = 11,
            Queue = 2,
            ReceiveHash = 0xdeadbeef,
            Cpu = 5,
            VlanTag = 100,
            VlanProtocol = 0x8100,
            Random = static () => 42,
            Data = new byte[20],
            PayloadOffset = 10,
            PayloadLength = 10,
        };
        (int Offset, uint Expected)[] data =
        [
            (ClassicOffsets.Protocol, 0x86dd), (ClassicOffsets.PacketType, 3), (ClassicOffsets.InterfaceIndex, 7), (ClassicOffsets.HardwareType, 1), (ClassicOffsets.Mark, 11),
            (ClassicOffsets.Queue, 2), (ClassicOffsets.ReceiveHash, 0xdeadbeef), (ClassicOffsets.Cpu, 5), (ClassicOffsets.VlanTag, 100), (ClassicOffsets.VlanTagPresent, 1),
            (ClassicOffsets.VlanProtocol, 0x8100), (ClassicOffsets.Random, 42), (ClassicOffsets.PayloadOffset, 18),
        ];
        Assert.All(data, datum => Assert.Equal(datum.Expected, ClassicMachine.Run(
            new ClassicProgram([new(0x20, 0, 0, unchecked((uint)(ClassicOffsets.Ancillary + datum.Offset))), new(0x16, 0, 0, 0)]), packet)));
    }

    /// <summary>A netlink attribute is found by its type, from A on; in a nest, the one at A.</summary>
    [Theory]
    [InlineData(ClassicOffsets.NetlinkAttribute, 0, 1, 0)]
    [InlineData(ClassicOffsets.NetlinkAttribute, 0, 2, 8)]
    [InlineData(ClassicOffsets.NetlinkAttribute, 8, 1, 0)]
    [InlineData(ClassicOffsets.NetlinkAttribute, 0, 3, 0)]
    [InlineData(ClassicOffsets.NestedNetlinkAttribute, 8, 3, 12)]
    [InlineData(ClassicOffsets.NestedNetlinkAttribute, 8, 2, 0)]
    [InlineData(ClassicOffsets.NetlinkAttribute, 21, 1, 0)]
    public void Netlink_attributes_are_found(int datum, uint start, uint type, uint expected)
    {
        // Type 1 with a byte, padded; type 2 with the attribute of type 3 in it, flagged as nested.
        byte[] payload = [5, 0, 1, 0, 9, 0, 0, 0, 12, 0, 2, 0x80, 8, 0, 3, 0, 1, 2, 3, 4];
        ClassicProgram program = new(
            [new(0x00, 0, 0, start), new(0x01, 0, 0, type), new(0x20, 0, 0, unchecked((uint)(ClassicOffsets.Ancillary + datum))), new(0x16, 0, 0, 0)]);
        Assert.Equal(expected, ClassicMachine.Run(program, new ClassicPacket { Data = payload, PayloadLength = payload.Length }));
        Assert.Equal(0u, ClassicMachine.Run(program, new ClassicPacket { Data = payload, PayloadLength = payload.Length, IsLinear = false }));
    }
}
