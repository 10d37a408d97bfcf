using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using ReuseportPS.Module.Tests.PesterStandIn;

namespace ReuseportPS.Module.Tests.Syntax;

/// <summary>Looks, without running anything, for commands and parameters that a script names and that a runspace does not have.</summary>
/// <remarks>
/// A command is a cmdlet of the runspace, an alias of one, a function of a module, a function that the script itself defines, a script file that exists, or a program
/// that the caller allows. A parameter is named in full or by its alias, and the named ones fit one parameter set. What is
/// computed (<c>&amp; $command</c>, splatting) is left to the run.
/// </remarks>
internal sealed class ScriptCheck(Runspace runspace, params string[] programs)
{
    private readonly Dictionary<string, CommandInfo?> _commands = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a text, each with file, line and column.</summary>
    /// <param name="file">The file to name, and to find script files from.</param>
    /// <param name="text">PowerShell.</param>
    /// <param name="firstLine">The line of the file on which the text begins, from 1.</param>
    public IReadOnlyList<string> Problems(string file, string text, int firstLine = 1)
    {
        ScriptBlockAst script = Parser.ParseInput(text, file, out _, out ParseError[] errors);
        List<string> problems = [.. errors.Select(error => Place(error.Extent) + error.Message)];
        ILookup<string, FunctionDefinitionAst> functions = script.FindAll(ast => ast is FunctionDefinitionAst, searchNestedScriptBlocks: true)
            .Cast<FunctionDefinitionAst>().ToLookup(function => WithoutScope(function.Name), StringComparer.OrdinalIgnoreCase);
        foreach (CommandAst command in script.FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
        {
            if (command.GetCommandName() is { } name)
            {
                IEnumerable<string> found = functions.Contains(name) ? Problems(command, name, functions[name].Last()) : Problems(command, name, file);
                problems.AddRange(found.Select(problem => Place(command.Extent) + problem));
            }
        }
        return problems;

        string Place(IScriptExtent extent) => $"{file}:{firstLine + extent.StartLineNumber - 1}:{extent.StartColumnNumber}: ";
    }

    private static string WithoutScope(string function) => function[(function.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private IEnumerable<string> Problems(CommandAst command, string name, string file)
    {
        if (programs.Contains(name, StringComparer.Ordinal))
        {
            return [];
        }
        if (name.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase))
        {
            bool exists = ((string?[])[Path.GetDirectoryName(file), Repository.Root]).Any(folder => File.Exists(Path.Combine(folder!, name)));
            return exists ? [] : [$"there is no script {name}."];
        }
        if (Find(name) is not { } known)
        {
            return [$"unknown command {name}."];
        }
        return Problems(command, name, [.. known.Parameters.Values.Select(parameter => new Parameter(parameter))]);
    }

    private static IEnumerable<string> Problems(CommandAst command, string name, FunctionDefinitionAst function)
    {
        IReadOnlyList<ParameterAst> parameters = function.Parameters ?? function.Body.ParamBlock?.Parameters ?? [];
        bool isAdvanced = parameters.SelectMany(parameter => parameter.Attributes).Concat(function.Body.ParamBlock?.Attributes ?? [])
            .Any(attribute => attribute.TypeName.Name is "CmdletBinding" or "Parameter");
        IEnumerable<string> names = parameters.Select(parameter => parameter.Name.VariablePath.UserPath);
        return Problems(command, name, [.. names.Concat(isAdvanced ? Cmdlet.CommonParameters.Concat(Cmdlet.OptionalCommonParameters) : []).Select(one => new Parameter(one))]);
    }

    private static IEnumerable<string> Problems(CommandAst command, string name, IReadOnlyList<Parameter> parameters)
    {
        List<Parameter> used = [];
        foreach (CommandParameterAst written in command.CommandElements.OfType<CommandParameterAst>())
        {
            string asked = written.ParameterName;
            if (parameters.FirstOrDefault(parameter => parameter.IsCalled(asked)) is { } known)
            {
                used.Add(known);
            }
            else
            {
                Parameter[] longer = [.. parameters.Where(parameter => parameter.Name.StartsWith(asked, StringComparison.OrdinalIgnoreCase))];
                yield return longer.Length == 1
                    ? $"-{asked} of {name} is an abbreviation: write -{longer[0].Name}."
                    : $"{name} has no parameter -{asked}.";
            }
        }
        if (used.Select(parameter => parameter.Sets).OfType<IReadOnlySet<string>>().ToArray() is { Length: > 1 } sets &&
            !sets[0].Any(set => sets.All(other => other.Contains(set))))
        {
            yield return $"{string.Join(", ", used.Select(parameter => "-" + parameter.Name))} of {name} do not go together.";
        }
    }

    private CommandInfo? Find(string name)
    {
        if (!_commands.TryGetValue(name, out CommandInfo? command))
        {
            _commands[name] = command = Resolve(name);
        }
        return command;
    }

    private CommandInfo? Resolve(string name)
    {
        using PowerShell find = PowerShell.Create(runspace);
        CommandInfo? found = find.AddCommand("Get-Command").AddParameter("Name", WildcardPattern.Escape(name)).AddParameter("ErrorAction", "Ignore")
            .Invoke<CommandInfo>().FirstOrDefault();
        return found switch
        {
            AliasInfo { ResolvedCommand: CmdletInfo cmdlet } => cmdlet,
            CmdletInfo cmdlet when !PesterLanguage.IsBehindAWord(cmdlet.Name) => cmdlet,
            FunctionInfo { Module: not null } function => function,
            _ => null,
        };
    }

    // Sets is null where the parameter belongs to all parameter sets.
    private sealed record Parameter(string Name, IReadOnlyList<string> Aliases, IReadOnlySet<string>? Sets)
    {
        public Parameter(string name) : this(name, [], Sets: null)
        {
        }

        public Parameter(ParameterMetadata metadata) : this(metadata.Name, metadata.Aliases,
            metadata.ParameterSets.ContainsKey(ParameterAttribute.AllParameterSets) ? null : metadata.ParameterSets.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase))
        {
        }

        public bool IsCalled(string name) =>
            string.Equals(Name, name, StringComparison.OrdinalIgnoreCase) || Aliases.Contains(name, StringComparer.OrdinalIgnoreCase);
    }
}
