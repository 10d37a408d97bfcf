using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the commands on variables share.</summary>
public abstract class VariableCommand : PSCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Scope { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    /// <summary>The variables of a name or pattern, sorted by name.</summary>
    /// <param name="name">A name or wildcard pattern.</param>
    /// <param name="scope">A scope's name or number; null for all that can be seen.</param>
    /// <param name="filtered">True if there may be such variables that the filters left out, so that none is no error.</param>
    private protected PSVariable[] Find(string name, string? scope, out bool filtered)
    {
        WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        object state = EngineInternals.GetInternal(SessionState);
        IDictionary<string, PSVariable> table = scope is null ? EngineInternals.GetVariableTable(state) : EngineInternals.GetVariableTableAtScope(state, scope);
        PSVariable[] named = [.. table.Where(entry => pattern.IsMatch(entry.Key)).Select(entry => entry.Value).OrderBy(variable => variable.Name, StringComparer.CurrentCultureIgnoreCase)];
        PSVariable[] wanted = [.. named.Where(variable => Matches(Include, variable.Name, whenNone: true) && !Matches(Exclude, variable.Name, whenNone: false))];
        filtered = wanted.Length < named.Length || WildcardPattern.ContainsWildcardCharacters(name);
        return wanted;
    }

    private static bool Matches(string[]? patterns, string name, bool whenNone) => patterns is not { Length: > 0 }
        ? whenNone
        : patterns.Any(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name));
}
