namespace ReuseportPS.Engine.Asm;

/// <summary>
/// Text to instructions, in the notation of clang, llvm-objdump and the kernel's verifier log. What the instructions do, and whether jumps written as
/// distances lead anywhere, is not looked at: <see cref="Isa.InstructionChecker"/>. docs/assembly.md describes the language.
/// </summary>
public static class Assembler
{
    /// <summary>Reads a text without directives. Never throws: every finding has line, column and remedy (RPS1040 to RPS1059).</summary>
    /// <param name="text">The text.</param>
    /// <param name="names">Names of maps and helpers that the text may use.</param>
    /// <param name="source">What messages call the text; a file name.</param>
    public static AssemblyResult Assemble(string text, AssemblyNames? names = null, string? source = null)
    {
        AssemblySyntax syntax = AssemblySyntax.Read(text, source);
        foreach (AssemblyDirective directive in syntax.Directives)
        {
            syntax.Findings.Add(AssemblyDiagnostics.UnknownDirective.At(
                directive.Place, $"'{directive.Name}' stands in a text that has instructions only.", "Remove it; directives belong into the text of a whole program."));
        }

        return syntax.Resolve(names ?? AssemblyNames.None);
    }
}
