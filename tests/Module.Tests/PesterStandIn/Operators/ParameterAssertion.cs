using System.Management.Automation;
using ReuseportPS.Module.Tests.PesterStandIn.Commands;

namespace ReuseportPS.Module.Tests.PesterStandIn.Operators;

/// <summary><c>Get-Command X | Should -HaveParameter Name</c> and what more is asked of the parameter. Under -Not the parameter is absent, or has none of what is asked.</summary>
internal static class ParameterAssertion
{
    public static string? Fails(ShouldCommand should, object? actual)
    {
        if (Collections.Bare(actual) is not CommandInfo command)
        {
            throw new ArgumentException("Should -HaveParameter wants a command: Get-Command NAME | Should -HaveParameter …");
        }
        string name = should.ParameterName ?? throw new ArgumentException("Should -HaveParameter wants the name of a parameter.");
        bool exists = command.Parameters.TryGetValue(name, out ParameterMetadata? parameter) &&
            (should.InParameterSet is not { } set || parameter.ParameterSets.ContainsKey(set));
        List<(string Claim, bool Holds)> claims = exists ? [.. Claims(should, parameter!)] : [];
        IEnumerable<string> wrong = (should.Not.IsPresent, exists, claims.Count) switch
        {
            (false, false, _) => ["it is missing"],
            (true, true, 0) => ["it exists"],
            _ => claims.Where(claim => claim.Holds == should.Not).Select(claim => $"it is {(claim.Holds ? "" : "not ")}{claim.Claim}"),
        };
        string but = string.Join(" and ", wrong);
        string inSet = should.InParameterSet is { } asked ? $" in the parameter set {asked}" : "";
        string that = claims.Count > 0 ? $" that is {(should.Not ? "not " : "")}{string.Join(" and ", claims.Select(claim => claim.Claim))}" : "";
        return but.Length == 0 ? null :
            $"Expected {command.Name} to have {(should.Not && claims.Count == 0 ? "no" : "a")} parameter {name}{inSet}{that},{ShouldOperator.Because(should)} but {but}.";
    }

    private static IEnumerable<(string Claim, bool Holds)> Claims(ShouldCommand should, ParameterMetadata parameter)
    {
        if (should.Type is { } type)
        {
            Type expected = ShouldOperator.NamedType(type);
            yield return ($"of type {ValueText.Of(expected)}", parameter.ParameterType == expected);
        }
        if (should.Mandatory)
        {
            yield return ("mandatory", parameter.ParameterSets.Any(set =>
                (should.InParameterSet is null || string.Equals(set.Key, should.InParameterSet, StringComparison.OrdinalIgnoreCase)) && set.Value.IsMandatory));
        }
        if (should.HasArgumentCompleter)
        {
            yield return ("completed", parameter.Attributes.OfType<ArgumentCompleterAttribute>().Any());
        }
        foreach (string alias in should.Alias ?? [])
        {
            yield return ($"called {alias} too", parameter.Aliases.Contains(alias, StringComparer.OrdinalIgnoreCase));
        }
    }
}
