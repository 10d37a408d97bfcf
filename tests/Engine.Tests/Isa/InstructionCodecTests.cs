using CsCheck;
using ReuseportPS.Conformance;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Tests.Isa;

public class InstructionCodecTests
{
    private static readonly Instruction s_exit = Instructions.Exit();

    public static TheoryData<string> Mnemonics() => [.. OpcodeTable.Forms.Where(form => form.Kind != InstructionKind.PacketLoad).Select(form => form.Mnemonic)];

    [Theory]
    [MemberData(nameof(Mnemonics))]
    public void Decode_gives_back_what_was_encoded(string mnemonic)
    {
        InstructionForm form = OpcodeTable.Forms.Single(x => x.Mnemonic == mnemonic);

        // Three exits, so that a distance of 1 leads somewhere from a wide instruction too.
        InstructionGen.Of(form, distance: 1).Sample(
            instruction =>
            {
                Instruction[] code = [instruction, s_exit, s_exit, s_exit];
                DecodeResult decoded = InstructionCodec.Decode(InstructionCodec.Encode(code));
                Assert.Empty(decoded.Diagnostics);
                Assert.Equal(code, decoded.Instructions.ToArray());
            },
            iter: 50);
    }

    [Theory]
    [MemberData(nameof(Mnemonics))]
    public void Every_reserved_field_is_refused(string mnemonic)
    {
        InstructionForm form = OpcodeTable.Forms.Single(x => x.Mnemonic == mnemonic);
        Instruction good = InstructionGen.Of(form).Single();
        (FieldUse Use, Instruction Bad)[] fields =
        [
            (form.Destination, good with { Destination = 1 }),
            (form.Source, good with { Source = 1 }),
            (form.Offset, good with { Offset = 1 }),
            (form.Immediate, good with { Immediate = 1 }),
        ];
        foreach ((FieldUse use, Instruction bad) in fields)
        {
            if (use == FieldUse.Zero)
            {
                DecodeResult decoded = InstructionCodec.Decode(InstructionCodec.Encode([bad, s_exit, s_exit]));
                Assert.Contains(decoded.Diagnostics, x => x is { Code: "RPS1004", Location.Instruction: 0 });
            }
        }
    }

    [Fact]
    public void Mnemonics_and_selectors_are_unique()
    {
        Assert.Equal(OpcodeTable.Forms.Length, OpcodeTable.Forms.Select(form => form.Mnemonic).Distinct().Count());
        Assert.Equal(OpcodeTable.Forms.Length, OpcodeTable.Forms.Select(form => (form.Opcode, form.Selector)).Distinct().Count());
    }

    [Fact]
    public void Random_bytes_are_refused_or_run_and_never_throw() =>
        Gen.Byte.Array[0, 128].Sample(
            bytes =>
            {
                VectorOutcome outcome = new VectorRunner(Conformance.Engine.Interpreter).Run(bytes, new byte[16]);
                Assert.NotNull(outcome.Memory);
            },
            iter: 2000);

    [Fact]
    public void Random_well_formed_programs_return_or_fault_and_never_throw() =>
        Gen.Select(InstructionGen.Any.Array[1, 30], Gen.Byte.Array[0, 32]).Sample(
            (body, memory) =>
            {
                // Maps and kernel functions are not there: LoadedProgram refuses them, with a diagnostic.
                byte[] code = InstructionCodec.Encode([.. body, s_exit]);
                VectorOutcome outcome = new VectorRunner(Conformance.Engine.Interpreter).Run(code, memory);
                Assert.True(outcome.Diagnostics.IsEmpty || outcome.Diagnostics.All(x => x.Code is "RPS1020" or "RPS1022" or "RPS1023"), outcome.Error);
            },
            iter: 5000);
}
