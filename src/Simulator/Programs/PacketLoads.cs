using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Simulator.Programs;

/// <summary>
/// The packet loads of SOCKET_FILTER programs (<c>BPF_ABS</c>, <c>BPF_IND</c>). As in the kernel each becomes a call, which ends the program with 0 where the
/// bytes are not there; r1 to r5 are lost. (bpf_gen_ld_abs)
/// </summary>
internal static class PacketLoads
{
    /// <summary>Number of the call that loads one byte; those of two and four bytes follow. No program can have them: the kernel has no such helpers.</summary>
    public const int FirstHelper = 4093;

    /// <summary>The program without packet loads.</summary>
    /// <param name="instructions">Instructions whose form is known.</param>
    /// <returns>Null when a jump of the longer program does not reach.</returns>
    public static ImmutableArray<Instruction>? Lower(ImmutableArray<Instruction> instructions)
    {
        if (!instructions.Any(IsPacketLoad))
        {
            return instructions;
        }

        // Where each slot comes to lie.
        Dictionary<long, int> places = [];
        int slot = 0;
        int place = 0;
        foreach (Instruction instruction in instructions)
        {
            places[slot] = place;
            slot += instruction.SlotCount;
            place += IsPacketLoad(instruction) ? Load(instruction).Length : instruction.SlotCount;
        }

        ImmutableArray<Instruction>.Builder lowered = ImmutableArray.CreateBuilder<Instruction>();
        slot = 0;
        foreach (Instruction instruction in instructions)
        {
            if (IsPacketLoad(instruction))
            {
                lowered.AddRange(Load(instruction));
            }
            else if (InstructionChecker.TargetOf(instruction, OpcodeTable.Find(instruction)!, slot) is not long target)
            {
                lowered.Add(instruction);
            }
            else
            {
                int distance = places[target] - places[slot] - 1;
                bool isShort = OpcodeTable.Find(instruction)!.Offset == FieldUse.Distance;
                if (isShort && distance != (short)distance)
                {
                    return null;
                }

                lowered.Add(isShort ? instruction with { Offset = (short)distance } : instruction with { Immediate = distance });
            }

            slot += instruction.SlotCount;
        }

        return lowered.DrainToImmutable();
    }

    /// <summary>Whether a finding of the check of forms is only that a program has packet loads.</summary>
    public static bool IsAbout(Diagnostic finding) => finding.Code == InstructionDiagnostics.PacketLoadRefused.Code;

    private static bool IsPacketLoad(Instruction instruction) => OpcodeTable.Find(instruction)?.Kind == InstructionKind.PacketLoad;

    private static Instruction[] Load(Instruction load)
    {
        InstructionForm form = OpcodeTable.Find(load)!;
        Instruction[] offset = form.UsesSource
            ? [Instructions.Move(Register.R2, (Register)load.Source), Instructions.Alu32(AluOperation.Add, Register.R2, load.Immediate)]
            : [Instructions.MoveImmediate(Register.R2, load.Immediate)];
        return
        [
            .. offset,
            Instructions.Move(Register.R1, Register.R6),
            Instructions.CallHelper(FirstHelper + (form.Bits / 16)),
            Instructions.JumpIf(JumpOperation.SignedGreaterOrEqual, Register.R0, 0, 2),
            Instructions.MoveImmediate(Register.R0, 0),
            Instructions.Exit(),
        ];
    }
}
