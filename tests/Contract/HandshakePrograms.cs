using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Contract;

/// <summary>Programs that tell segments apart.</summary>
internal static class HandshakePrograms
{
    private const int FlagsOffset = 13;

    /// <summary>One seat for a SYN, another one for everything else; null drops that.</summary>
    public static ProgramSpec SelectByFlags(MapSpec seats, int synSeat, int? otherSeat)
    {
        ProgramBuilder builder = new();
        Label isOther = builder.NewLabel("other");
        Label select = builder.NewLabel("select");
        Label drop = builder.NewLabel("drop");
        builder.Add(
            Move(Register.R6, Register.R1),
            Load(MemorySize.DoubleWord, Register.R2, Register.R6, 0),
            Load(MemorySize.DoubleWord, Register.R3, Register.R6, 8),
            Move(Register.R4, Register.R2),
            Alu64(AluOperation.Add, Register.R4, FlagsOffset + 1));
        builder.JumpIf(JumpOperation.GreaterThan, Register.R4, Register.R3, drop);
        builder.Add(
            Load(MemorySize.Byte, Register.R5, Register.R2, FlagsOffset),
            StoreImmediate(MemorySize.Word, Register.R10, -4, synSeat));
        builder.JumpIf(JumpOperation.NotEqual, Register.R5, RawSegment.Syn, isOther);
        builder.Jump(select);
        builder.Mark(isOther);
        if (otherSeat is int seat)
        {
            builder.Add(StoreImmediate(MemorySize.Word, Register.R10, -4, seat));
        }
        else
        {
            builder.Jump(drop);
        }

        builder.Mark(select).Add(
            Move(Register.R1, Register.R6),
            LoadMap(Register.R2, 0),
            Move(Register.R3, Register.R10),
            Alu64(AluOperation.Add, Register.R3, -4),
            MoveImmediate(Register.R4, 0),
            CallHelper(82),
            MoveImmediate(Register.R0, 1),
            Exit());
        builder.Mark(drop).Add(MoveImmediate(Register.R0, 0), Exit());
        return new ProgramSpec("test_by_flags", ProgramType.SkReuseport, AttachType.SkReuseportSelect, builder.Build(), [seats]);
    }
}
