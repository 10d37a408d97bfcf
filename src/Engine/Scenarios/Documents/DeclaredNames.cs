using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>The names that the steps so far have made.</summary>
internal sealed class DeclaredNames(FindingLog findings)
{
    private readonly Dictionary<string, NameKind> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _processes = new([ScenarioHost.MainProcess], StringComparer.Ordinal);

    public void Declare(DocumentNode node, string name, NameKind kind)
    {
        if (kind == NameKind.Process)
        {
            _processes.Add(name);
        }
        else if (!_names.TryAdd(name, kind) && _names[name] != kind)
        {
            findings.Report(ScenarioDiagnostics.NameTaken, node, $"There is {A(_names[name])} '{name}' already.");
        }
    }

    /// <summary>A map that a program brings along, unless there is one of that name.</summary>
    public void DeclareMap(string name) => _names.TryAdd(name, NameKind.Map);

    public void Refer(DocumentNode node, string name, params ReadOnlySpan<NameKind> kinds)
    {
        NameKind[] wanted = kinds.ToArray();
        IEnumerable<string> known = wanted.Contains(NameKind.Process) ? _processes : _names.Where(pair => wanted.Contains(pair.Value)).Select(pair => pair.Key);
        if (!known.Contains(name, StringComparer.Ordinal))
        {
            string? meant = Spelling.Closest(name, known);
            findings.Report(
                ScenarioDiagnostics.UnknownName, node, $"No step before makes {string.Join(" or ", wanted.Select(A))} '{name}'.", meant is null ? null : $"Did you mean '{meant}'?");
        }
    }

    private static string A(NameKind kind) => $"a {kind.ToString().ToLowerInvariant()}";
}
