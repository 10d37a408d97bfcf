using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Simulator.Programs;

/// <summary>
/// The tag of a program: the first 8 bytes of a hash over its instructions, in which both immediates of a map reference are zero. Linux 6.18
/// takes SHA-256 (seen on a 6.18 kernel); kernels before took SHA-1.
/// </summary>
public static class ProgramTag
{
    private const int TagLength = 8;
    private const int SlotLength = 8;
    private const byte MapFd = 1;
    private const byte MapValue = 2;

    /// <summary>The tag in lower-case hex, 16 digits.</summary>
    public static string Compute(ImmutableArray<Instruction> instructions)
    {
        byte[] bytes = new byte[instructions.Sum(static instruction => instruction.SlotCount) * SlotLength];
        Span<byte> rest = bytes;
        foreach (Instruction instruction in instructions)
        {
            bool isMap = instruction is { IsWide: true, Source: MapFd or MapValue };
            rest[0] = instruction.Opcode;
            rest[1] = (byte)((instruction.Source << 4) | instruction.Destination);
            BinaryPrimitives.WriteInt16LittleEndian(rest[2..], instruction.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], isMap ? 0 : instruction.Immediate);
            if (instruction.IsWide)
            {
                BinaryPrimitives.WriteInt32LittleEndian(rest[12..], isMap ? 0 : instruction.NextImmediate);
            }

            rest = rest[(instruction.SlotCount * SlotLength)..];
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, TagLength));
    }
}
