using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Policies;

/// <summary>The longest row of conditional jumps that a run can come by, which is what the kernel's verifier has to keep in mind. Loops count once.</summary>
internal static class TestSequence
{
    private const int Unknown = -1;
    private const int OnTheWay = -2;

    public static int Longest(ReadOnlySpan<Instruction> instructions)
    {
        Instruction?[] slots = new Instruction?[instructions.Length * 2];
        int count = 0;
        foreach (Instruction instruction in instructions)
        {
            slots[count] = instruction;
            count += instruction.SlotCount;
        }

        int[] longest = new int[count];
        Array.Fill(longest, Unknown);
        Stack<int> way = new([0]);
        while (way.TryPeek(out int slot))
        {
            Instruction instruction = slots[slot]!.Value;
            (int? next, int? target) = Successors(instruction, slot);
            if (longest[slot] == Unknown)
            {
                longest[slot] = OnTheWay;
                foreach (int? successor in (ReadOnlySpan<int?>)[next, target])
                {
                    if (successor is int unseen && longest[unseen] == Unknown)
                    {
                        way.Push(unseen);
                    }
                }

                continue;
            }

            way.Pop();
            if (longest[slot] == OnTheWay)
            {
                // A successor that is on the way still is a loop's.
                int after = Math.Max(0, Math.Max(next is int a ? longest[a] : 0, target is int b ? longest[b] : 0));
                longest[slot] = after + (next is not null && target is not null ? 1 : 0);
            }
        }

        return longest[0];
    }

    private static (int? Next, int? Target) Successors(in Instruction instruction, int slot)
    {
        InstructionClass kind = (InstructionClass)(instruction.Opcode & 7);
        int next = slot + instruction.SlotCount;
        return kind is not (InstructionClass.Jump or InstructionClass.Jump32) ? (next, null) : (JumpOperation)(instruction.Opcode & 0xf0) switch
        {
            JumpOperation.Exit => (null, null),
            JumpOperation.Call => (next, null),
            JumpOperation.Always => (null, next + (kind == InstructionClass.Jump32 ? instruction.Immediate : instruction.Offset)),
            _ => (next, next + instruction.Offset),
        };
    }
}
