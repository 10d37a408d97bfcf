using System.Buffers.Binary;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Btf;

/// <summary>Puts the answer to a relocation against a kernel into its instruction, in little-endian code.</summary>
internal static class CorePatch
{
    // The number that libbpf uses, and so the one to be found in search engines.
    private const int NoSuchHelper = 195896080;

    /// <summary>Changes an instruction.</summary>
    /// <param name="code">Code, of which the instruction is the beginning.</param>
    /// <param name="result">The answer.</param>
    /// <param name="isPoisoned">The instruction has become one that must not be reached.</param>
    /// <returns>Why it cannot be done, or null.</returns>
    internal static string? Apply(Span<byte> code, in CoreResult result, out bool isPoisoned)
    {
        isPoisoned = false;
        byte opcode = code[0];
        bool isWide = opcode == Instruction.LoadImmediate64;
        if (isWide && code.Length < 2 * InstructionCodec.SlotSize)
        {
            return "lddw has no second half.";
        }

        InstructionClass kind = (InstructionClass)(opcode & 7);
        bool isMemory = kind is InstructionClass.LoadRegister or InstructionClass.Store or InstructionClass.StoreRegister;
        if (result.IsMissing || (isMemory && result.IsSizeWrong))
        {
            isPoisoned = true;
            Poison(code);
            if (isWide)
            {
                Poison(code[InstructionCodec.SlotSize..]);
            }

            return null;
        }

        int immediate = BinaryPrimitives.ReadInt32LittleEndian(code[4..]);
        if (isMemory)
        {
            return PatchMemory(code, result);
        }

        if (isWide)
        {
            ulong now = (uint)immediate | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(code[12..]) << 32);
            if (code[1] >> 4 != 0)
            {
                return "the lddw loads no number.";
            }

            BinaryPrimitives.WriteUInt32LittleEndian(code[4..], (uint)result.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(code[12..], (uint)(result.Value >> 32));
            return result.IsChecked && now != result.Original ? Unexpected((long)now, result) : null;
        }

        if (kind is not (InstructionClass.Alu or InstructionClass.Alu64) || (opcode & 8) != 0)
        {
            return $"opcode 0x{opcode:x2} has nothing to fill in.";
        }

        BinaryPrimitives.WriteUInt32LittleEndian(code[4..], (uint)result.Value);
        return result.IsChecked && (uint)immediate != (uint)result.Original ? Unexpected(immediate, result) : null;
    }

    private static string? PatchMemory(Span<byte> code, in CoreResult result)
    {
        short now = BinaryPrimitives.ReadInt16LittleEndian(code[2..]);
        if (result.IsChecked && now != (long)result.Original)
        {
            return Unexpected(now, result);
        }

        if (result.Value > (ulong)short.MaxValue)
        {
            return $"the offset {result.Value} does not fit the instruction.";
        }

        BinaryPrimitives.WriteInt16LittleEndian(code[2..], (short)result.Value);
        if (result.Size == result.OriginalSize)
        {
            return null;
        }

        MemorySize? size = SizeFor(result.Size);
        if (size is null || SizeFor(result.OriginalSize) is not MemorySize original || (code[0] & 0x18) != (byte)original)
        {
            return $"a load of {result.Size} bytes instead of {result.OriginalSize} cannot be made of opcode 0x{code[0]:x2}.";
        }

        code[0] = (byte)((code[0] & ~0x18) | (byte)size.Value);
        return null;
    }

    private static MemorySize? SizeFor(int bytes) => bytes switch
    {
        1 => MemorySize.Byte,
        2 => MemorySize.HalfWord,
        4 => MemorySize.Word,
        8 => MemorySize.DoubleWord,
        _ => null,
    };

    private static string Unexpected(long now, in CoreResult result) => $"the instruction has {now}, where the compiler should have put {result.Original}.";

    private static void Poison(Span<byte> slot)
    {
        slot[..InstructionCodec.SlotSize].Clear();
        slot[0] = (byte)JumpOperation.Call | (byte)InstructionClass.Jump;
        BinaryPrimitives.WriteInt32LittleEndian(slot[4..], NoSuchHelper);
    }
}
