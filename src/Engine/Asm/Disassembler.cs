using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>
/// Instructions to text, in the notation of clang and llvm-objdump. <see cref="Assembler"/> reads the text back to the same instructions, also
/// of malformed code: what has no notation is written as its fields, <c>.insn opcode, dst, src, offset, immediate</c>.
/// </summary>
public static class Disassembler
{
    /// <summary>The text of a program, a line for each instruction.</summary>
    public static string Disassemble(ReadOnlySpan<Instruction> instructions, DisassemblyOptions? options = null)
    {
        options ??= DisassemblyOptions.Default;
        InstructionWriter writer = new(options, options.Labels ? PlaceNames.Of(instructions, options.Names) : null);
        StringBuilder text = new();
        int slot = 0;
        foreach (ref readonly Instruction instruction in instructions)
        {
            if (writer.Labels?.NameOf(slot) is string label)
            {
                text.Append(slot == 0 ? "" : "\n").Append(label).Append(":\n");
            }

            if (options.Comments.TryGetValue(slot, out string? comment))
            {
                foreach (ReadOnlySpan<char> line in comment.AsSpan().EnumerateLines())
                {
                    text.Append("    ; ").Append(line).Append('\n');
                }
            }

            text.Append(options.Indices ? string.Create(CultureInfo.InvariantCulture, $"{slot,8}:\t") : "    ");
            text.Append(writer.Write(instruction, slot)).Append('\n');
            slot += instruction.SlotCount;
        }

        return text.ToString();
    }

    /// <summary>The text of one instruction. Labels are not used.</summary>
    public static string Format(in Instruction instruction, DisassemblyOptions? options = null) =>
        new InstructionWriter(options ?? DisassemblyOptions.Default, null).Write(instruction, 0);
}
