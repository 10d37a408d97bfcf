using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Contract;

/// <summary>Programs that change SOCKMAP and SOCKHASH.</summary>
internal static class SocketMapPrograms
{
    private const int MapUpdate = 2;
    private const int MapDelete = 3;

    /// <summary>Puts <c>ctx->sk</c> under a key of map 0, or deletes the key; stores what the helper returned in map 1; passes.</summary>
    public static ProgramSpec Change(MapSpec sockets, uint key, MapUpdateFlags? update)
    {
        MapSpec results = TestPrograms.Results(1);
        ProgramBuilder builder = new();
        Label failed = builder.NewLabel("failed");
        builder.Add(
            Move(Register.R6, Register.R1),
            StoreImmediate(MemorySize.Word, Register.R10, -4, 0),
            LoadMap(Register.R1, 1),
            Move(Register.R2, Register.R10),
            Alu64(AluOperation.Add, Register.R2, -4),
            CallHelper(1));
        builder.JumpIf(JumpOperation.Equal, Register.R0, 0, failed);
        builder.Add(
            Move(Register.R7, Register.R0),
            StoreImmediate(MemorySize.Word, Register.R10, -8, unchecked((int)key)),
            LoadMap(Register.R1, 0),
            Move(Register.R2, Register.R10),
            Alu64(AluOperation.Add, Register.R2, -8));
        if (update is MapUpdateFlags flags)
        {
            builder.Add(
                Load(MemorySize.DoubleWord, Register.R3, Register.R6, 40),
                MoveImmediate(Register.R4, (int)flags),
                CallHelper(MapUpdate));
        }
        else
        {
            builder.Add(CallHelper(MapDelete));
        }

        builder.Add(Store(MemorySize.DoubleWord, Register.R7, 0, Register.R0));
        builder.Mark(failed).Add(MoveImmediate(Register.R0, 1), Exit());
        return new ProgramSpec("test_change", ProgramType.SkReuseport, AttachType.SkReuseportSelect, builder.Build(), [sockets, results]);
    }
}
