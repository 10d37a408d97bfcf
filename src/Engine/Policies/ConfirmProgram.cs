using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The program of a group whose new policy waits to be confirmed: until the deadline it goes on to the new policy's program, and from then on to the former one's. The deadline is on
/// the boot clock, which goes on while the machine sleeps, and nobody has to be alive for it to pass.
/// </summary>
public static class ConfirmProgram
{
    /// <summary>Index of the seats in the program's maps. It refers to them only, so that they live and it is known as one of the group.</summary>
    public const int Seats = 0;

    /// <summary>Index of the map of the deadline.</summary>
    public const int Deadline = 1;

    /// <summary>Index of the PROG_ARRAY of both programs.</summary>
    public const int Ways = 2;

    /// <summary>Key of the new policy's program in it.</summary>
    public const int Newer = 0;

    /// <summary>Key of the former one's; empty where there was no policy, and the kernel chooses.</summary>
    public const int Former = 1;

    /// <summary>A deadline that never comes: what a confirmation stores.</summary>
    public const ulong Never = ulong.MaxValue;

    /// <summary>ARRAY of one u64: nanoseconds of the boot clock. Stored in one piece, so that no packet sees half of it.</summary>
    public static MapSpec DeadlineMap { get; } = new("deadline", MapType.Array, 4, 8, 1);

    /// <summary>PROG_ARRAY of the two programs. It must be pinned or held: the kernel empties it with its last descriptor or pin, though the attached program uses it.</summary>
    public static MapSpec WaysMap { get; } = new("ways", MapType.ProgArray, 4, 4, 2);

    /// <summary>The program.</summary>
    /// <param name="migrates">Whether the policies steer connections whose listener stops: programs of one PROG_ARRAY must be attached alike (<c>__bpf_prog_map_compatible</c>).</param>
    public static ProgramSpec For(bool migrates)
    {
        ProgramBuilder code = new();
        Label former = code.NewLabel("former");
        code.Add(
            Instructions.Move(Register.R6, Register.R1),
            Instructions.LoadMap(Register.R1, Seats),
            Instructions.StoreImmediate(MemorySize.Word, Register.R10, -4, 0),
            Instructions.LoadMap(Register.R1, Deadline),
            Instructions.Move(Register.R2, Register.R10),
            Instructions.Alu64(AluOperation.Add, Register.R2, -4),
            Instructions.CallHelper(HelperId.MapLookupElement));
        code.JumpIf(JumpOperation.Equal, Register.R0, 0, former);
        code.Add(
            Instructions.Load(MemorySize.DoubleWord, Register.R7, Register.R0, 0),
            Instructions.CallHelper(HelperId.KtimeGetBootNanoseconds));
        code.JumpIf(JumpOperation.GreaterOrEqual, Register.R0, Register.R7, former);
        code.Comment("before the deadline: the new policy");
        GoOn(Newer);
        code.Mark(former);
        code.Comment("the former policy, or without one the kernel's choice");
        GoOn(Former);
        code.Add(Instructions.MoveImmediate32(Register.R0, 1), Instructions.Exit());
        return new ProgramSpec(
            "confirm", ProgramType.SkReuseport, migrates ? AttachType.SkReuseportSelectOrMigrate : AttachType.SkReuseportSelect, code.Build(),
            [PolicyMapSpecs.Seats, DeadlineMap, WaysMap])
        {
            Comments = code.Comments,
        };

        void GoOn(int way) => code.Add(
            Instructions.Move(Register.R1, Register.R6),
            Instructions.LoadMap(Register.R2, Ways),
            Instructions.MoveImmediate32(Register.R3, way),
            Instructions.CallHelper(HelperId.TailCall));
    }
}
