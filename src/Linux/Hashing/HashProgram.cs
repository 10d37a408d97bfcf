using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Linux.Hashing;

/// <summary>
/// A steering program that notes the hash of the packet, and the mix of its network namespace when the kernel lets it, and leaves the choice to
/// the kernel.
/// </summary>
internal static class HashProgram
{
    /// <summary>One value: the hash, then the mix.</summary>
    internal static readonly MapSpec Notes = new("rps_hash", MapType.Array, 4, 8, 1);

    private const int ProbeReadKernel = 113;
    private const short ContextHash = 32;
    private const short ContextSocket = 40;

    /// <summary>For CAP_BPF alone.</summary>
    internal static ProgramSpec HashOnly()
    {
        ProgramBuilder code = NoteHash();
        code.Add(MoveImmediate(R0, 1), Exit());
        return Spec(code, "MIT");
    }

    /// <summary>For CAP_BPF and CAP_PERFMON; null when the kernel's types do not say where the mix is.</summary>
    internal static ProgramSpec? WithMix(BtfTypes btf)
    {
        if (Offset(btf, "sock_common", "skc_net") is not int network || Offset(btf, "net", "hash_mix") is not int mix || network > 256)
        {
            return null;
        }

        // A socket pointer takes no arithmetic: what is before the namespace is read along with it.
        int length = (network + 8 + 7) & ~7;
        ProgramBuilder code = NoteHash();
        code.Add(
            Load(MemorySize.DoubleWord, R3, R6, ContextSocket),
            Move(R1, R10), Alu64(AluOperation.Add, R1, -length), MoveImmediate(R2, network + 8), CallHelper(ProbeReadKernel),
            Load(MemorySize.DoubleWord, R3, R10, (short)(network - length)), Alu64(AluOperation.Add, R3, mix),
            LoadMapValue(R1, 0, 4), MoveImmediate(R2, 4), CallHelper(ProbeReadKernel),
            MoveImmediate(R0, 1), Exit());
        return Spec(code, "GPL");
    }

    private static ProgramBuilder NoteHash() => new ProgramBuilder().Add(
        Move(R6, R1), Load(MemorySize.Word, R7, R6, ContextHash), LoadMapValue(R8, 0, 0), Store(MemorySize.Word, R8, 0, R7));

    private static ProgramSpec Spec(ProgramBuilder code, string license) =>
        new("rps_hash", ProgramType.SkReuseport, AttachType.SkReuseportSelect, code.Build(), [Notes], license);

    private static int? Offset(BtfTypes btf, string type, string field) =>
        btf.Find(BtfKind.Struct, type) is int id && btf.FindField(id, field) is BtfField { BitSize: 0 } found ? found.ByteOffset : null;
}
