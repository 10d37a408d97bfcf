using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Tests.Programs;

public sealed class ProgramTagTests
{
    public static TheoryData<string> Programs => [.. TestData.Lines("program-tags-6.18.txt")];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Tag_is_the_kernels(string line)
    {
        string[] words = line.Split(' ');
        Assert.Equal(words[1], ProgramTag.Compute(Decode(Convert.FromHexString(words[2]))));
    }

    [Fact]
    public void Map_descriptor_does_not_count_and_the_register_does()
    {
        string tag = ProgramTag.Compute([Instructions.LoadMap(Register.R1, 0), Instructions.Exit()]);
        Assert.Equal(tag, ProgramTag.Compute([Instructions.LoadMap(Register.R1, 7), Instructions.Exit()]));
        Assert.NotEqual(tag, ProgramTag.Compute([Instructions.LoadMap(Register.R2, 0), Instructions.Exit()]));
    }

    private static ImmutableArray<Instruction> Decode(ReadOnlySpan<byte> bytes)
    {
        ImmutableArray<Instruction>.Builder instructions = ImmutableArray.CreateBuilder<Instruction>();
        while (!bytes.IsEmpty)
        {
            bool isWide = bytes[0] == Instruction.LoadImmediate64;
            instructions.Add(new Instruction(
                bytes[0], (byte)(bytes[1] & 15), (byte)(bytes[1] >> 4), BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), isWide ? BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) : 0));
            bytes = bytes[(isWide ? 16 : 8)..];
        }

        return instructions.ToImmutable();
    }
}
