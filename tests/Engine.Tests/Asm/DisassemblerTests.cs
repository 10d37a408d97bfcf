using CsCheck;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Tests.Isa;

namespace ReuseportPS.Engine.Tests.Asm;

/// <summary>What is disassembled is assembled to the same instructions.</summary>
public sealed class DisassemblerTests
{
    private static readonly AssemblyNames s_names = new() { Maps = ["seats", "p01_hash.rodata", "twice", "twice", "4", ""], Helpers = HelperNames.All };

    private static readonly DisassemblyOptions[] s_styles =
    [
        new(),
        new() { Hexadecimal = true, NarrowRegisters = true },
        new() { Names = s_names, Labels = true },
        new() { Names = s_names, Indices = true, Hexadecimal = true },
    ];

    public static TheoryData<string> Mnemonics() => [.. OpcodeTable.Forms.Select(form => form.Mnemonic)];

    [Theory]
    [MemberData(nameof(Mnemonics))]
    public void Every_form_comes_back_at_the_extremes_of_its_fields(string mnemonic)
    {
        InstructionForm form = OpcodeTable.Forms.Single(x => x.Mnemonic == mnemonic);
        byte[] registers = [0, 1, 9, 10];
        int[] offsets = [0, 1, -1, short.MaxValue, short.MinValue];
        int[] immediates = [0, 1, -1, 82, 255, int.MaxValue, int.MinValue, short.MinValue];
        bool hasNext = form is { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Value or WideLoadKind.MapValue or WideLoadKind.MapIndexValue or WideLoadKind.BtfVariable };
        Instruction[] code =
        [
            .. from destination in Values(form.Destination, registers)
               from source in Values(form.Source, registers, (byte)form.Selector)
               from offset in Values(form.Offset, offsets, form.Selector)
               from immediate in Values(form.Immediate, immediates, form.Selector)
               from next in hasNext ? immediates : [0]
               select new Instruction(form.Opcode, destination, source, (short)offset, immediate, next),
        ];
        Assert.DoesNotContain(".insn", Disassembler.Disassemble(code), StringComparison.Ordinal);
        AssertComesBack(code);

        static T[] Values<T>(FieldUse use, T[] any, T? selector = default) => use switch
        {
            FieldUse.Any or FieldUse.Written or FieldUse.Distance => any,
            FieldUse.Selector => [selector!],
            _ => [default!],
        };
    }

    [Fact]
    public void Whatever_is_in_the_fields_comes_back() =>
        Gen.Select(Gen.Byte, Gen.Byte[0, 15], Gen.Byte[0, 15], Gen.Short, Gen.Int, Gen.Int)
            .Select((opcode, destination, source, offset, immediate, next) =>
                new Instruction(opcode, destination, source, offset, immediate, opcode == Instruction.LoadImmediate64 ? next : 0))
            .Array[1, 20]
            .Sample(AssertComesBack, iter: 5000);

    [Fact]
    public void Random_programs_with_jumps_come_back() =>
        Gen.Int[-12, 12].SelectMany(distance => Gen.OneOf(OpcodeTable.Forms.Select(form => InstructionGen.Of(form, distance)).ToArray()))
            .Array[1, 30]
            .Sample(AssertComesBack, iter: 5000);

    [Theory]
    [InlineData("verifier_public.jsonl")]
    [InlineData("verifier2_public.jsonl")]
    [InlineData("conformance_public.jsonl")]
    [InlineData("fuzz_public.jsonl")]
    public void Every_program_of_the_corpora_comes_back(string name)
    {
        int programs = 0;
        foreach ((int line, System.Text.Json.Nodes.JsonObject vector) in TestData.Lines(TestData.SharedCorpus(name)))
        {
            byte[] bytes = Convert.FromHexString((string?)vector["bytecode_hex"] ?? "");
            DecodeResult code = InstructionCodec.Read(bytes);
            if (code is { Succeeded: true, Instructions.IsEmpty: false })
            {
                programs++;
                AssemblyResult again = Assembler.Assemble(Disassembler.Disassemble(code.Instructions.AsSpan(), new DisassemblyOptions { Labels = line % 2 == 0 }));
                Assert.True(bytes.AsSpan().SequenceEqual(InstructionCodec.Encode(again.Instructions.AsSpan())), $"line {line}: {string.Join('\n', again.Diagnostics)}");
            }
        }

        Assert.InRange(programs, 100, int.MaxValue);
    }

    [Fact]
    public void The_notation_is_that_of_llvm()
    {
        DisassemblyOptions @decimal = new() { NarrowRegisters = true };
        DisassemblyOptions hexadecimal = @decimal with { Hexadecimal = true };
        foreach (string line in File.ReadLines(TestData.PathOf("Asm", "llvm-22.tsv")))
        {
            string[] columns = line.Split('\t');
            Instruction instruction = Assert.Single(InstructionCodec.Read(Convert.FromHexString(columns[0])).Instructions);
            Assert.Equal((columns[1], columns[2]), (Disassembler.Format(instruction, @decimal), Disassembler.Format(instruction, hexadecimal)));
        }
    }

    [Fact]
    public void Names_are_used_where_they_are_unambiguous()
    {
        Instruction[] code =
        [
            Instructions.LoadMap(Register.R2, 0), Instructions.LoadMapValue(Register.R1, 1, 4), Instructions.LoadMap(Register.R1, 2), Instructions.LoadMap(Register.R1, 4),
            Instructions.LoadMap(Register.R1, 5), Instructions.LoadMap(Register.R1, 9), Instructions.CallHelper(82), Instructions.CallHelper(9999), Instructions.CallLocal(0), Instructions.Exit(),
        ];
        string text = Disassembler.Disassemble(code, new DisassemblyOptions
        {
            Labels = true,
            Names = s_names with { Labels = new Dictionary<int, string> { [0] = "main", [15] = "bpf_loop" } },
            Comments = new Dictionary<int, string> { [12] = "here the slot\nis chosen" },
        });
        Assert.Equal(
            """
            main:
                r2 = map[seats] ll
                r1 = map[p01_hash.rodata][0]+4 ll
                r1 = map[2] ll
                r1 = map[4] ll
                r1 = map[5] ll
                r1 = map[9] ll
                ; here the slot
                ; is chosen
                call bpf_sk_select_reuseport
                call 9999
                call function_15

            function_15:
                exit

            """.ReplaceLineEndings("\n"),
            text);
        Assert.Equal(code, Assembler.Assemble(text, s_names).Instructions.ToArray());
    }

    private static void AssertComesBack(Instruction[] code)
    {
        foreach (DisassemblyOptions style in s_styles)
        {
            string text = Disassembler.Disassemble(code, style);
            AssemblyResult again = Assembler.Assemble(text, style.Names);
            Assert.DoesNotContain(again.Diagnostics, finding => finding.Severity == DiagnosticSeverity.Error);
            Assert.True(code.AsSpan().SequenceEqual(again.Instructions.AsSpan()), text);
        }
    }
}
