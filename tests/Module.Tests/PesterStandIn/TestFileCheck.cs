using System.Management.Automation.Language;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>What a test file must and must not do, told from its syntax tree. Its first act is a setup that begins with <c>Set-ReuseportBackend Simulator -Seed N</c> (after the import of the module, if there is one), around the whole file or in each outermost block.</summary>
/// <remarks>A statement at the top of the file would not do: Pester reads all files before it runs the first, so the last file's simulator would serve them all.</remarks>
internal static class TestFileCheck
{
    private const string Remedy = "begin its BeforeAll (or BeforeEach) with: Set-ReuseportBackend Simulator -Seed 1";

    public static IEnumerable<string> Problems(string file, string text)
    {
        ScriptBlockAst script = Parser.ParseInput(text, file, out _, out _);
        CommandAst[] statements = [.. Commands(script)];
        IEnumerable<string> exits = script.FindAll(ast => ast is ExitStatementAst, searchNestedScriptBlocks: true)
            .Select(exit => $"{file}:{exit.Extent.StartLineNumber}: exit ends more than the test: use return");
        if (ChoosesSimulator(statements))
        {
            return exits;
        }
        IEnumerable<string> unchosen = statements.Where(command => Is(command, "Describe") || Is(command, "Context"))
            .Where(block => !ChoosesSimulator([.. Bodies(block).SelectMany(Commands)]))
            .Select(block => $"{file}:{block.Extent.StartLineNumber}: the block does not choose the simulator with a seed: {Remedy}");
        return exits.Concat(unchosen);
    }

    private static bool ChoosesSimulator(CommandAst[] statements) =>
        statements.Where(command => Is(command, "BeforeAll") || Is(command, "BeforeEach"))
            .SelectMany(Bodies)
            .Any(body => FirstAfterImport(body) is PipelineAst { PipelineElements: [CommandAst first] } && IsTheChoice(first));

    private static StatementAst? FirstAfterImport(ScriptBlockAst body) => body.EndBlock?.Statements.FirstOrDefault(
        statement => statement is not PipelineAst { PipelineElements: [CommandAst command] } || !Is(command, "Import-Module"));

    private static bool IsTheChoice(CommandAst command)
    {
        CommandElementAst[] elements = [.. command.CommandElements];
        int seed = Array.FindIndex(elements, element => element is CommandParameterAst parameter && string.Equals(parameter.ParameterName, "Seed", StringComparison.OrdinalIgnoreCase));
        return Is(command, "Set-ReuseportBackend") &&
            elements.Any(element => element is StringConstantExpressionAst { Value: var value } && string.Equals(value, "Simulator", StringComparison.OrdinalIgnoreCase)) &&
            seed >= 0 && (((CommandParameterAst)elements[seed]).Argument ?? (Ast?)elements.ElementAtOrDefault(seed + 1)) is ConstantExpressionAst { Value: int or long };
    }

    private static IEnumerable<CommandAst> Commands(ScriptBlockAst script) =>
        script.EndBlock?.Statements.OfType<PipelineAst>().Select(pipeline => pipeline.PipelineElements).Where(elements => elements is [CommandAst])
            .Select(elements => (CommandAst)elements[0]) ?? [];

    private static IEnumerable<ScriptBlockAst> Bodies(CommandAst command) =>
        command.CommandElements.OfType<ScriptBlockExpressionAst>().Select(expression => expression.ScriptBlock);

    private static bool Is(CommandAst command, string name) => string.Equals(command.GetCommandName(), name, StringComparison.OrdinalIgnoreCase);
}
