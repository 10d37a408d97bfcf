using System.Collections.Frozen;
using System.Management.Automation;
using System.Text.RegularExpressions;
using ReuseportPS.Module.Tests.PesterStandIn.Commands;

namespace ReuseportPS.Module.Tests.PesterStandIn.Operators;

/// <summary>What an operator of Should asserts and how a failure reads: <c>Expected [anything but] CLAIM, because REASON, but got VALUE.</c></summary>
/// <param name="Name">The parameter that chooses it.</param>
/// <param name="TakesAll">Whether it looks at the whole input at once; otherwise each item must satisfy it.</param>
/// <param name="Holds">Whether the actual value satisfies it, -Not aside.</param>
/// <param name="Claim">What is expected, in words.</param>
internal sealed partial record ShouldOperator(
    string Name, bool TakesAll, Func<ShouldCommand, object?, bool> Holds, Func<ShouldCommand, string> Claim)
{
    private static readonly FrozenDictionary<string, ShouldOperator> s_all = ((ShouldOperator[])
    [
        new("Be", TakesAll: true,
            (should, actual) => Collections.AreEqual(should, actual, should.ExpectedValue, exactly: false), Expected("")),
        new("BeExactly", TakesAll: true,
            (should, actual) => Collections.AreEqual(should, actual, should.ExpectedValue, exactly: true), Expected("exactly ")),
        new("BeNullOrEmpty", TakesAll: true, (_, actual) => Collections.IsNullOrEmpty((object?[])actual!), _ => "$null or empty"),
        new("BeTrue", TakesAll: false, (_, actual) => LanguagePrimitives.IsTrue(actual), _ => "$true"),
        new("BeFalse", TakesAll: false, (_, actual) => !LanguagePrimitives.IsTrue(actual), _ => "$false"),
        new("BeOfType", TakesAll: false, IsOfType, should => $"a value of type {ValueText.Of(NamedType(should.ExpectedType))}"),
        Compared("BeGreaterThan", "-not ($actual -le $expected)", "a value greater than "),
        Compared("BeGreaterOrEqual", "-not ($actual -lt $expected)", "a value greater than or equal to "),
        Compared("BeLessThan", "-not ($actual -ge $expected)", "a value less than "),
        Compared("BeLessOrEqual", "-not ($actual -gt $expected)", "a value less than or equal to "),
        Compared("BeIn", "$expected -contains $actual", "an item of "),
        Compared("BeLike", "$actual -like $expected", "a value like "),
        Compared("BeLikeExactly", "$actual -clike $expected", "a value, case and all, like "),
        Compared("Contain", "$actual -contains $expected", "a collection that contains ") with { TakesAll = true },
        Compared("Match", "$actual -match $expected", "a value that matches "),
        Compared("MatchExactly", "$actual -cmatch $expected", "a value that, case and all, matches "),
        new("HaveCount", TakesAll: true, (should, actual) => ((object?[])actual!).Length == ExpectedCount(should), should => $"{ExpectedCount(should)} items"),
        new("Exist", TakesAll: false, Exists, _ => "an existing path"),
        new("FileContentMatch", TakesAll: false, ContentMatches, Expected("a file with a line that matches ")),
        new("HaveParameter", TakesAll: false, (_, _) => false, _ => "") { Failure = ParameterAssertion.Fails },
        new("Throw", TakesAll: false, (_, _) => false, _ => "") { Failure = ThrowAssertion.Fails },
    ]).ToFrozenDictionary(assertion => assertion.Name, StringComparer.Ordinal);

    private static readonly ScriptBlock s_is = ScriptBlock.Create("param($actual, $expected) $actual -is $expected");

    /// <summary>Set where the assertion finds its failure and its words itself.</summary>
    private Func<ShouldCommand, object?, string?>? Failure { get; init; }

    public static IEnumerable<string> Names => s_all.Keys.Order(StringComparer.Ordinal);

    public static ShouldOperator Named(string name) => s_all[name];

    /// <summary>The failure message, or null where the assertion holds.</summary>
    public string? Fails(ShouldCommand should, object? actual)
    {
        if (Failure is not null)
        {
            return Failure(should, actual);
        }
        if (Holds(should, actual) != should.Not)
        {
            return null;
        }
        object? shown = TakesAll && actual is object?[] { Length: 1 } one ? one[0] : actual;
        string type = Name == "BeOfType" && actual is not null ? $" of type {ValueText.Of(Collections.Bare(actual)!.GetType())}" : "";
        string count = Name == "HaveCount" ? $"{((object?[])actual!).Length}: " : "";
        return $"Expected {(should.Not ? "anything but " : "")}{Claim(should)},{Because(should)} but got {count}{ValueText.Of(shown)}{type}.";
    }

    public static string Because(ShouldCommand should) =>
        string.IsNullOrWhiteSpace(should.Because) ? "" : $" because {BecauseWord().Replace(should.Because.Trim(), "")},";

    private static Func<ShouldCommand, string> Expected(string claim) => should => claim + ValueText.Of(should.Expected);

    private static ShouldOperator Compared(string name, string expression, string claim)
    {
        ScriptBlock script = ScriptBlock.Create("param($actual, $expected) " + expression);
        return new(name, TakesAll: false, (should, actual) => should.Holds(script, actual, should.Expected), Expected(claim));
    }

    private static bool IsOfType(ShouldCommand should, object? actual) => should.Holds(s_is, actual, NamedType(should.ExpectedType));

    /// <summary>A type, or its name with or without brackets.</summary>
    public static Type NamedType(object? type) => Collections.Bare(type) switch
    {
        Type known => known,
        string name when LanguagePrimitives.TryConvertTo(name.Trim('[', ']'), out Type found) => found,
        object other => throw new ArgumentException($"Could not find the type {ValueText.Of(other)}."),
        null => throw new ArgumentException("No type is given."),
    };

    private static int ExpectedCount(ShouldCommand should)
    {
        int count = LanguagePrimitives.ConvertTo<int>(should.ExpectedValue);
        return count >= 0 ? count : throw new ArgumentException("The expected count must be 0 or more.");
    }

    private static bool Exists(ShouldCommand should, object? actual) =>
        should.InvokeProvider.Item.Exists(LanguagePrimitives.ConvertTo<string>(actual));

    private static bool ContentMatches(ShouldCommand should, object? actual)
    {
        Regex pattern = new(LanguagePrimitives.ConvertTo<string>(should.ExpectedContent), RegexOptions.IgnoreCase, TimeSpan.FromSeconds(10));
        string path = should.GetUnresolvedProviderPathFromPSPath(LanguagePrimitives.ConvertTo<string>(actual));
        return File.Exists(path)
            ? File.ReadLines(path).Any(pattern.IsMatch)
            : throw new ArgumentException($"There is no file {path} to look into.");
    }

    [GeneratedRegex(@"^because\s+", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BecauseWord();
}
