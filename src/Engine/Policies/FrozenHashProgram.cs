using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The kernel's own choice among a number of members, as it stands when they are seated: slot = hash * members >> 32, which is what <c>reuseport_select_sock</c> does with members in its order
/// (<c>reciprocal_scale</c>). Whoever joins later gets no flow. A seat that is empty leaves the choice to the kernel.
/// </summary>
public static class FrozenHashProgram
{
    /// <summary>What it is called where it stands in the place of a policy.</summary>
    public const string Name = "frozen-hash";

    /// <summary>The program's own name.</summary>
    internal const string Title = "frozen";

    private const short HashAt = 32; // struct sk_reuseport_md
    private const short Slot = -4;
    private const int SelectReuseport = 82;

    /// <summary>The program; its only map is the seats.</summary>
    /// <param name="members">The members that it chooses among: those of the seats from 0.</param>
    public static ProgramSpec For(int members) => new(
        Title,
        ProgramType.SkReuseport,
        AttachType.SkReuseportSelect,
        new ProgramBuilder().Add(
            Load(MemorySize.Word, Register.R2, Register.R1, HashAt),
            Alu64(AluOperation.Multiply, Register.R2, members),
            Alu64(AluOperation.ShiftRight, Register.R2, 32),
            Store(MemorySize.Word, Register.R10, Slot, Register.R2),
            LoadMap(Register.R2, 0),
            Move(Register.R3, Register.R10),
            Alu64(AluOperation.Add, Register.R3, Slot),
            MoveImmediate(Register.R4, 0),
            CallHelper(SelectReuseport),
            MoveImmediate(Register.R0, 1),
            Exit()).Build(),
        [PolicyMapSpecs.Seats]);
}
