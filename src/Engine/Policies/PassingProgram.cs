using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The program of an adopted group that has no policy: it passes without selecting, so that the kernel chooses exactly as it did
/// without a program. It refers to the seats, which so live as long as it is attached.
/// </summary>
public static class PassingProgram
{
    /// <summary>The program's own name.</summary>
    internal const string Title = "pass";

    /// <summary>The program; its only map is the seats, a sockarray of 32768 entries.</summary>
    public static ProgramSpec Spec { get; } = new(
        Title,
        ProgramType.SkReuseport,
        AttachType.SkReuseportSelect,
        new ProgramBuilder().Add(Instructions.LoadMap(Register.R1, 0), Instructions.MoveImmediate32(Register.R0, 1), Instructions.Exit()).Build(),
        [PolicyMapSpecs.Seats]);
}
