using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Contract;

/// <summary>Programs that look at the socket of the context, and into maps of maps.</summary>
internal static class DeliveryPrograms
{
    public const int SocketWords = 20;

    /// <summary>Stores the words of <c>ctx->sk</c> in map 0, two in each 8 bytes; passes.</summary>
    public static ProgramSpec RecordSocket()
    {
        MapSpec results = TestPrograms.Results(SocketWords / 2);
        ProgramBuilder builder = new();
        Label failed = builder.NewLabel("failed");
        builder.Add(
            Move(Register.R6, Register.R1),
            StoreImmediate(MemorySize.Word, Register.R10, -4, 0),
            LoadMap(Register.R1, 0),
            Move(Register.R2, Register.R10),
            Alu64(AluOperation.Add, Register.R2, -4),
            CallHelper(1));
        builder.JumpIf(JumpOperation.Equal, Register.R0, 0, failed);
        builder.Add(Load(MemorySize.DoubleWord, Register.R8, Register.R6, 40));
        for (short word = 0; word < SocketWords; word++)
        {
            builder.Add(
                Load(MemorySize.Word, Register.R1, Register.R8, (short)(4 * word)),
                Store(MemorySize.Word, Register.R0, (short)(4 * word), Register.R1));
        }

        builder.Mark(failed).Add(MoveImmediate(Register.R0, 1), Exit());
        return new ProgramSpec("test_socket", ProgramType.SkReuseport, AttachType.SkReuseportSelect, builder.Build(), [results]);
    }

    /// <summary>Does one packet load; returns 1 plus its lowest bit.</summary>
    public static System.Collections.Immutable.ImmutableArray<Instruction> PacketLoad(byte opcode, int index, int immediate) =>
    [
        Move(Register.R6, Register.R1),
        MoveImmediate(Register.R7, index),
        new Instruction(opcode, 0, opcode >= 0x40 ? (byte)Register.R7 : (byte)0, 0, immediate),
        Alu64(AluOperation.And, Register.R0, 1),
        Alu64(AluOperation.Add, Register.R0, 1),
        Exit(),
    ];

    /// <summary>Selects a seat of the socket map that is under a key of map 0; drops when there is no map.</summary>
    public static ProgramSpec SelectInner(MapSpec outer, uint key, uint seat)
    {
        ProgramBuilder builder = new();
        Label missing = builder.NewLabel("missing");
        builder.Add(
            Move(Register.R6, Register.R1),
            StoreImmediate(MemorySize.Word, Register.R10, -4, (int)key),
            LoadMap(Register.R1, 0),
            Move(Register.R2, Register.R10),
            Alu64(AluOperation.Add, Register.R2, -4),
            CallHelper(1));
        builder.JumpIf(JumpOperation.Equal, Register.R0, 0, missing);
        builder.Add(
            StoreImmediate(MemorySize.Word, Register.R10, -4, (int)seat),
            Move(Register.R1, Register.R6),
            Move(Register.R2, Register.R0),
            Move(Register.R3, Register.R10),
            Alu64(AluOperation.Add, Register.R3, -4),
            MoveImmediate(Register.R4, 0),
            CallHelper(82),
            MoveImmediate(Register.R0, 1),
            Exit());
        builder.Mark(missing).Add(MoveImmediate(Register.R0, 0), Exit());
        return new ProgramSpec("test_inner", ProgramType.SkReuseport, AttachType.SkReuseportSelect, builder.Build(), [outer]);
    }
}
