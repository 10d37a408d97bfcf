using System.Globalization;
using CsCheck;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Tests.Asm;

public sealed class AssemblerTests
{
    private static readonly AssemblyNames s_names = new() { Maps = ["seats", "twice", "twice", "settings"], Helpers = HelperNames.All };

    /// <summary>Other notations than the disassembler's, and what it makes of them.</summary>
    [Theory]
    [InlineData("12: (61) r1 = *(u32 *)(r6 +16)", "r1 = *(u32 *)(r6 + 16)")]
    [InlineData("      12:\t61 61 10 00 00 00 00 00\tr1 = *(u32 *)(r6 + 0x10)", "r1 = *(u32 *)(r6 + 16)")]
    [InlineData("       2:\t18 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00\tr1 = 0x0 ll", "r1 = 0 ll")]
    [InlineData("w1 = *(u32 *)(r6+0x10) // the rest is a comment", "r1 = *(u32 *)(r6 + 16)")]
    [InlineData("w1 = *(u8 *)(r6 -3) ; comment", "r1 = *(u8 *)(r6 - 3)")]
    [InlineData("*(u16 *)(r10 -0x8000) = w3 # comment", "*(u16 *)(r10 - 32768) = r3")]
    [InlineData("if w0 != 0x0 goto +3", "if w0 != 0 goto +3")]
    [InlineData("(16) if w0 != 0x0 goto pc+3", null)]
    [InlineData("5: (16) if w0 != 0x0 goto pc+3", "if w0 != 0 goto +3")]
    [InlineData("if r1 s<= -0x1 goto pc-0x3 <entry+0x40>", "if r1 s<= -1 goto -3")]
    [InlineData("goto pc+0", "goto +0")]
    [InlineData("gotol pc-70000", "gotol -70000")]
    [InlineData("may_goto pc+2", "may_goto +2")]
    [InlineData("r2 = atomic64_fetch_or((u64 *)(r1 +8), r2)", "r2 = atomic_fetch_or((u64 *)(r1 + 8), r2)")]
    [InlineData("r2 = atomic_fetch_xor((u32 *)(r1 +8), r2)", "w2 = atomic_fetch_xor((u32 *)(r1 + 8), w2)")]
    [InlineData("r2 = atomic64_xchg((u64 *)(r1 +8), r2)", "r2 = xchg_64(r1 + 8, r2)")]
    [InlineData("r2 = atomic_xchg((u32 *)(r1 +8), r2)", "w2 = xchg32_32(r1 + 8, w2)")]
    [InlineData("r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r2)", "r0 = cmpxchg_64(r1 + 8, r0, r2)")]
    [InlineData("r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)", "w0 = cmpxchg32_32(r1 + 8, w0, w2)")]
    [InlineData("r2 = load_acquire((u32 *)(r1 +8))", "w2 = load_acquire((u32 *)(r1 + 8))")]
    [InlineData("store_release((u8 *)(r1 -8), r2)", "store_release((u8 *)(r1 - 8), w2)")]
    [InlineData("lock *(u32 *)(r1 +8) += w2", "lock *(u32 *)(r1 + 8) += r2")]
    [InlineData("r1 = (s32) r2", "r1 = (s32)r2")]
    [InlineData("r0 = *(u16 *)skb[r6 + 2]", "r0 = *(u16 *)skb[r6+2]")]
    [InlineData("call bpf_sk_select_reuseport#82", "call bpf_sk_select_reuseport")]
    [InlineData("call sk_select_reuseport", "call bpf_sk_select_reuseport")]
    [InlineData("call 0x52", "call bpf_sk_select_reuseport")]
    [InlineData("call unknown_to_us#4711", "call 4711")]
    [InlineData("call pc+3", "call pc+3")]
    [InlineData("call +3 <helper>", "call pc+3")]
    [InlineData("call kernel-function#1234", "call kernel-function#1234")]
    [InlineData("r1 = map[0] ll", "r1 = map[seats] ll")]
    [InlineData("r1 = map[3][0]+4", "r1 = map[settings][0]+4 ll")]
    [InlineData("r1 = map_value[settings] + 4 ll", "r1 = map[settings][0]+4 ll")]
    [InlineData("r1 = map[idx:settings] ll", "r1 = map[idx:settings] ll")]
    [InlineData("r1 = subprog[-3] ll", "r1 = subprog[-3] ll")]
    [InlineData("r1 = 18446744073709551615 ll", "r1 = -1 ll")]
    [InlineData("w1 = 0xffffffff", "w1 = -1")]
    [InlineData("r0=1", "r0 = 1")]
    [InlineData("r1 s>>= 0x3", "r1 s>>= 3")]
    [InlineData("r1 s%= r2", "r1 s%= r2")]
    [InlineData("0000000000000000 <entry>: ", null)]
    public void Notations_of_the_verifier_and_of_listings_are_read(string text, string? expected)
    {
        AssemblyResult result = Assembler.Assemble(text, s_names);
        if (expected is null)
        {
            Assert.False(result.Succeeded);
            return;
        }

        Assert.Empty(result.Diagnostics);
        Assert.Equal(expected, Disassembler.Format(Assert.Single(result.Instructions), new DisassemblyOptions { Names = s_names }));
    }

    [Fact]
    public void Labels_are_resolved_in_every_place_that_takes_one()
    {
        AssemblyResult result = Assembler.Assemble(
            """
            entry:  r2 = subprog[callback] ll
                    r1 = 7 ll
                    call helper
            again:  if r1 == 0 goto out
                    if w1 > w2 goto again
                    may_goto out
                    goto again
                    gotol out
            out: last:
                    exit
            helper: callback:
                    exit
            """);
        Assert.Empty(result.Diagnostics);
        Assert.Equal(
            """
                r2 = subprog[+10] ll
                r1 = 7 ll
                call pc+6
                if r1 == 0 goto +4
                if w1 > w2 goto -2
                may_goto +2
                goto -4
                gotol +0
                exit
                exit

            """.ReplaceLineEndings("\n"),
            Disassembler.Disassemble(result.Instructions.AsSpan()));
        Assert.Equal([0, 5, 10, 11], result.Labels.Keys);
        Assert.Equal((3, 9), (result.Places[2].Line, result.Places[2].Column));
    }

    /// <summary>One mistake each: code, line:column, a part of the message or remedy.</summary>
    [Theory]
    [InlineData("exit\nr0 = @", "RPS1040", "2:6", "'@'")]
    [InlineData("r0 = \"1", "RPS1040", "1:6", "quotes")]
    [InlineData("r0 =", "RPS1041", "1:5", "the end of the line")]
    [InlineData("r0 = *(u32 *)r1", "RPS1041", "1:14", "'('")]
    [InlineData("r0 = *(u31 *)(r1 + 0)", "RPS1041", "1:8", "u8, u16, u32")]
    [InlineData("r0 = *(u32 *)(r1)", "RPS1041", "1:17", "+ or -")]
    [InlineData("*(s8 *)(r1 + 0) = r2", "RPS1041", "1:17", "no sign")]
    [InlineData("r0 = load_aquire((u64 *)(r1 + 0))", "RPS1041", "1:6", "Did you mean 'load_acquire'?")]
    [InlineData("if r1 = 0 goto +1", "RPS1041", "1:7", "a comparison")]
    [InlineData("if r1 == 0 got +1", "RPS1041", "1:12", "'goto'")]
    [InlineData("lock *(u16 *)(r1 + 0) += r2", "RPS1041", "1:23", "u32 or u64")]
    [InlineData("exit exit", "RPS1041", "1:6", "the end of the line")]
    [InlineData("r1: exit", "RPS1041", "1:1", "cannot be a label")]
    [InlineData("exlt", "RPS1042", "1:1", "Did you mean 'exit'?")]
    [InlineData("5 = r0", "RPS1042", "1:1", "begins no instruction")]
    [InlineData("r0 = 0x100000000", "RPS1043", "1:6", "-2147483648 to 4294967295")]
    [InlineData("r0 = 99999999999999999999 ll", "RPS1043", "1:6", "64 bits")]
    [InlineData("goto end\nend: exlt", "RPS1042", "2:6", "Did you mean 'exit'?")]
    [InlineData("r0 = 12q", "RPS1043", "1:6", "no number")]
    [InlineData("r0 = *(u32 *)(r1 + 32768)", "RPS1043", "1:20", "-32768 to 32767")]
    [InlineData("goto +32768", "RPS1043", "1:7", "-32768 to 32767")]
    [InlineData("r11 = r0", "RPS1044", "1:1", "'r11'")]
    [InlineData("R1 = 5", "RPS1044", "1:1", "'R1'")]
    [InlineData("r0 = w16", "RPS1044", "1:6", "'w16'")]
    [InlineData("r0 += r11", "RPS1044", "1:7", "'r11'")]
    [InlineData("r0 = w1", "RPS1045", "1:6", "Write r1.")]
    [InlineData("r0 = *(u64 *)(w1 + 0)", "RPS1045", "1:15", "Write r1.")]
    [InlineData("w0 = *(u64 *)(r1 + 0)", "RPS1045", "1:1", "Write r0.")]
    [InlineData("w0 = *(s8 *)(r1 + 0)", "RPS1045", "1:1", "Write r0.")]
    [InlineData("w0 = 5 ll", "RPS1045", "1:1", "Write r0.")]
    [InlineData("again:\ngoto agai\nexit", "RPS1046", "2:6", "Did you mean 'again'?")]
    [InlineData("a: exit\na: exit", "RPS1047", "2:1", "line 1")]
    [InlineData("call bpf_sk_select_reuseprot", "RPS1049", "1:6", "Did you mean 'bpf_sk_select_reuseport'?")]
    [InlineData("call bpf_loop#82", "RPS1049", "1:6", "181")]
    [InlineData("r1 = map[seat] ll", "RPS1050", "1:10", "Did you mean 'seats'?")]
    [InlineData("r1 = map[id:3] ll", "RPS1050", "1:10", "one kernel")]
    [InlineData("r1 = map[twice] ll", "RPS1057", "1:10", "Two maps")]
    [InlineData("r1 = 0x80000000\nexit", "RPS1051", "1:6", "0xffffffff80000000")]
    [InlineData("r1 = -r2", "RPS1052", "1:7", "Write r1.")]
    [InlineData("r1 = be16 r2", "RPS1052", "1:11", "Write r1.")]
    [InlineData("r1 = cmpxchg_64(r1 + 0, r1, r2)", "RPS1052", "1:1", "r0")]
    [InlineData("goto end\nend:", "RPS1053", "1:6", "'end'")]
    [InlineData(".map seats array", "RPS1054", "1:1", "'.map'")]
    [InlineData("; nothing", "RPS1058", "1:1", "no instruction")]
    public void A_mistake_is_found_where_it_is(string text, string code, string place, string says)
    {
        Diagnostic finding = Assert.Single(Assembler.Assemble(text, s_names, "x.s").Diagnostics);
        Assert.Equal((code, "x.s:" + place), (finding.Code, finding.Location!.ToString()));
        Assert.Contains(says, finding.Message + finding.Remedy, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy!);
    }

    [Fact]
    public void A_label_out_of_reach_is_refused_with_the_way_on()
    {
        string text = "if r1 == 0 goto end\n" + string.Concat(Enumerable.Repeat("r0 = 0 ll\n", 16384)) + "end: exit";
        Diagnostic finding = Assert.Single(Assembler.Assemble(text).Diagnostics);
        Assert.Equal(("RPS1048", 17), (finding.Code, finding.Location!.Column));
        Assert.Contains("gotol", finding.Remedy, StringComparison.Ordinal);
        Assert.Empty(Assembler.Assemble(text.Replace("r0 = 0 ll\nend", "end", StringComparison.Ordinal)).Diagnostics);
    }

    [Fact]
    public void All_mistakes_of_a_text_are_found_at_once_in_its_order()
    {
        string[] found = [.. Assembler.Assemble("goto nowhere\nr0 = w1\ncall nobody\nexit").Diagnostics.Select(x => string.Create(CultureInfo.InvariantCulture, $"{x.Code}@{x.Location!.Line}"))];
        Assert.Equal(["RPS1046@1", "RPS1045@2", "RPS1049@3"], found);
    }

    [Fact]
    public void Only_the_first_hundred_mistakes_are_shown()
    {
        AssemblyResult result = Assembler.Assemble(string.Concat(Enumerable.Repeat("goto nowhere\n", 100_000)));
        Assert.Equal(101, result.Diagnostics.Length);
        Assert.Equal(("RPS1059", DiagnosticSeverity.Information), (result.Diagnostics[^1].Code, result.Diagnostics[^1].Severity));
        Assert.Contains("99900", result.Diagnostics[^1].Message, StringComparison.Ordinal);
    }

    /// <summary>Words and marks of the language in any order, and random characters.</summary>
    [Fact]
    public void No_text_leads_to_an_exception()
    {
        string[] pieces =
        [
            "r1", "w1", "r10", "r11", "=", "+=", "s>>=", "-", "+", "*", "(", ")", "[", "]", "u32", "s8", "if", "goto", "gotol", "may_goto", "call", "lock", "exit", "ll", "map", "map[", "map_value",
            "subprog", "btf", "skb", "pc", "0", "1", "0x", "0xffffffffffffffffff", "-1", ",", ":", "#", "#1", "<", ">", "==", "kernel", "function", "kernel-function", "name", ".insn", ".map", ".entry", ".inner",
            ".type", ".program", ".license", "\"", "\"x\"", "\\", "be16", "atomic_fetch_add", "xchg_64", "cmpxchg_64", "load_acquire", "store_release", "\n", "\n", ";", "//", "\0", "ä", "\ud800", "12:", "(bf)",
        ];
        Gen<string> word = Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]);
        Gen.OneOf(word, word, word, Gen.Char.Select(c => c.ToString()))
            .Array[0, 24]
            .Select(words => string.Join(' ', words))
            .Sample(AssertFindings, iter: 30_000);
    }

    /// <summary>Every notation there is, with a character changed, inserted or left out.</summary>
    [Fact]
    public void No_mutated_program_leads_to_an_exception()
    {
        string program = string.Join('\n', File.ReadLines(TestData.PathOf("Asm", "llvm-22.tsv")).Select(line => line.Split('\t')[1]));
        Gen.Select(Gen.Int[0, program.Length - 120], Gen.Select(Gen.Int[0, 119], Gen.Int[0, 2], Gen.Char[' ', '~']).Array[1, 3]).Sample(
            (start, edits) =>
            {
                string text = program.Substring(start, 120);
                foreach ((int at, int kind, char character) in edits)
                {
                    text = kind switch
                    {
                        0 => text.Remove(Math.Min(at, text.Length - 1), 1),
                        1 => text.Insert(Math.Min(at, text.Length), character.ToString()),
                        _ => text.Remove(Math.Min(at, text.Length - 1), 1).Insert(Math.Min(at, text.Length - 1), character.ToString()),
                    };
                }

                AssertFindings(text);
            },
            iter: 30_000);
    }

    private static void AssertFindings(string text)
    {
        AssemblyResult result = Assembler.Assemble(text, s_names);
        Assert.Equal(result.Succeeded, result.Diagnostics.All(finding => finding.Severity != DiagnosticSeverity.Error));
        Assert.All(result.Diagnostics, finding => Assert.True(finding.Location is { Line: > 0, Column: > 0 } && finding.Remedy is { Length: > 0 }, finding.ToString()));
        if (result.Succeeded)
        {
            string again = Disassembler.Disassemble(result.Instructions.AsSpan(), new DisassemblyOptions { Names = s_names });
            Assert.Equal(result.Instructions.ToArray(), Assembler.Assemble(again, s_names).Instructions.ToArray());
        }
    }
}
