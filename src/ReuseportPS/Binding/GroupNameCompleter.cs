using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Session;

namespace ReuseportPS.Binding;

/// <summary>Completes names of groups of the backend in force.</summary>
public sealed class GroupNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        try
        {
            BackendKind kind = ModuleState.Current.Resolve(null).Kind;
            return [.. ModuleState.Current.Groups(kind).Names
                .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, $"{kind} group {name}"))];
        }
        catch (Exception exception) when (exception is DiagnosticException or ArgumentException)
        {
            return [];
        }
    }
}
