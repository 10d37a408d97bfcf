using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Isa;

/// <summary>Instructions to bytes and back, in the little-endian encoding (RFC 9669 §3).</summary>
/// <remarks><code>
/// byte 0      1               2-3      4-7
/// +--------+-------+-------+--------+-----------+
/// | opcode |  dst  |  src  | offset | immediate |     dst is the low half of byte 1
/// +--------+-------+-------+--------+-----------+
/// </code></remarks>
public static class InstructionCodec
{
    /// <summary>Bytes of one slot.</summary>
    public const int SlotSize = 8;

    /// <summary>Reads and checks code. Codes RPS1001 to RPS1013, with the instruction's index in slots.</summary>
    public static DecodeResult Decode(ReadOnlySpan<byte> bytes)
    {
        DecodeResult read = Read(bytes);
        if (read.Diagnostics.IsEmpty || !read.Instructions.IsEmpty)
        {
            read = read with { Diagnostics = [.. read.Diagnostics, .. InstructionChecker.Check(read.Instructions.AsSpan())] };
        }

        return read.Succeeded ? read : read with { Instructions = [] };
    }

    /// <summary>
    /// Reads code that may be malformed, to show it: only what cannot be an <see cref="Instruction"/> at all is a finding (RPS1002, RPS1003, RPS1012,
    /// RPS1013). Of an lddw with RPS1003 all but the immediate of the second slot is lost; otherwise a finding leaves no instructions.
    /// </summary>
    public static DecodeResult Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % SlotSize != 0)
        {
            return Refuse(InstructionDiagnostics.NotWholeSlots.At(new SourceLocation(Offset: bytes.Length), $"{bytes.Length} bytes are not a whole number of 8-byte instructions."));
        }

        if (bytes.Length / SlotSize > InstructionChecker.MaxSlots)
        {
            return Refuse(InstructionDiagnostics.BadLength.At(null, $"A program has 1 to {InstructionChecker.MaxSlots} instruction slots, this one has {bytes.Length / SlotSize}."));
        }

        ImmutableArray<Instruction>.Builder code = ImmutableArray.CreateBuilder<Instruction>(bytes.Length / SlotSize);
        List<Diagnostic> halves = [];
        for (int at = 0; at < bytes.Length; at += SlotSize)
        {
            Instruction instruction = ReadSlot(bytes[at..]);
            if (instruction.IsWide)
            {
                SourceLocation place = new(Instruction: at / SlotSize);
                at += SlotSize;
                if (at == bytes.Length)
                {
                    return Refuse(InstructionDiagnostics.HalfWideLoad.At(place, "lddw takes two slots, and the second is missing."));
                }

                Instruction second = ReadSlot(bytes[at..]);
                if (second with { Immediate = 0 } != default)
                {
                    halves.Add(InstructionDiagnostics.WideLoadSecondSlot.At(place, "The second slot of lddw has something other than an immediate."));
                }

                instruction = instruction with { NextImmediate = second.Immediate };
            }

            code.Add(instruction);
        }

        return new DecodeResult(code.ToImmutable(), [.. halves]);
    }

    /// <summary>Writes code; every instruction takes 8 bytes, lddw 16. Nothing is checked.</summary>
    public static byte[] Encode(ReadOnlySpan<Instruction> instructions)
    {
        int slots = 0;
        foreach (ref readonly Instruction instruction in instructions)
        {
            slots += instruction.SlotCount;
        }

        byte[] bytes = new byte[slots * SlotSize];
        Span<byte> rest = bytes;
        foreach (ref readonly Instruction instruction in instructions)
        {
            WriteSlot(rest, instruction);
            if (instruction.IsWide)
            {
                rest = rest[SlotSize..];
                WriteSlot(rest, new Instruction(0, 0, 0, 0, instruction.NextImmediate));
            }

            rest = rest[SlotSize..];
        }

        return bytes;
    }

    private static DecodeResult Refuse(Diagnostic diagnostic) => new([], [diagnostic]);

    private static Instruction ReadSlot(ReadOnlySpan<byte> slot) => new(
        slot[0],
        (byte)(slot[1] & 0x0f),
        (byte)(slot[1] >> 4),
        BinaryPrimitives.ReadInt16LittleEndian(slot[2..]),
        BinaryPrimitives.ReadInt32LittleEndian(slot[4..]));

    private static void WriteSlot(Span<byte> slot, in Instruction instruction)
    {
        slot[0] = instruction.Opcode;
        slot[1] = (byte)((instruction.Source << 4) | (instruction.Destination & 0x0f));
        BinaryPrimitives.WriteInt16LittleEndian(slot[2..], instruction.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(slot[4..], instruction.Immediate);
    }
}
