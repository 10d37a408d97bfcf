using CsCheck;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Tests.Isa;

/// <summary>Random well-formed instructions, from the opcode table.</summary>
internal static class InstructionGen
{
    /// <summary>An instruction of a form; jumps are by <paramref name="distance"/>.</summary>
    public static Gen<Instruction> Of(InstructionForm form, int distance = 0) =>
        Gen.Select(
            Field(form.Destination, form, distance, Gen.Int[0, 10]),
            Field(form.Source, form, distance, Gen.Int[0, 10]),
            Field(form.Offset, form, distance, Gen.Short.Select(x => (int)x)),
            Field(form.Immediate, form, distance, Gen.Int),
            Gen.Int,
            (destination, source, offset, immediate, next) => new Instruction(
                form.Opcode, (byte)destination, (byte)source, (short)offset, form.WideLoad == WideLoadKind.Function ? distance : immediate, HasNext(form) ? next : 0));

    /// <summary>An instruction of any form that code may have.</summary>
    public static Gen<Instruction> Any { get; } =
        Gen.OneOf(OpcodeTable.Forms.Where(form => form.Kind != InstructionKind.PacketLoad).Select(form => Of(form, distance: form.WideLoad == WideLoadKind.Function ? 1 : 0)).ToArray());

    private static bool HasNext(InstructionForm form) => form is
    { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Value or WideLoadKind.MapValue or WideLoadKind.MapIndexValue or WideLoadKind.BtfVariable };

    private static Gen<int> Field(FieldUse use, InstructionForm form, int distance, Gen<int> any) => use switch
    {
        FieldUse.Any => any,
        FieldUse.Written => Gen.Int[0, 9],
        FieldUse.Selector => Gen.Const(form.Selector),
        FieldUse.Distance => Gen.Const(distance),
        _ => Gen.Const(0),
    };
}
