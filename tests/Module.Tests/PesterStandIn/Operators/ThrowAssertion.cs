using System.Management.Automation;
using ReuseportPS.Module.Tests.PesterStandIn.Commands;

namespace ReuseportPS.Module.Tests.PesterStandIn.Operators;

/// <summary><c>{ … } | Should -Throw</c>: what a script block ends with.</summary>
internal static class ThrowAssertion
{
    private static readonly ScriptBlock s_try = ScriptBlock.Create("try { do { $null = & $args[0] } while ($false) } catch { $_ }");

    public static string? Fails(ShouldCommand should, object? actual)
    {
        if (Collections.Bare(actual) is not ScriptBlock body)
        {
            throw new ArgumentException("Should -Throw wants a script block in curly braces.");
        }
        ErrorRecord? thrown = should.Evaluate(s_try, body).Select(item => item.BaseObject).OfType<ErrorRecord>().LastOrDefault();
        string because = ShouldOperator.Because(should);
        if (should.Not)
        {
            return thrown is null ? null : $"Expected no exception,{because} but {ErrorText.Of(thrown)} was thrown.";
        }
        List<string> wanted = [];
        List<string> but = [];
        Compare("a message like", should.ExpectedMessage, thrown?.Exception.Message);
        Compare("an error id like", should.ErrorId, thrown?.FullyQualifiedErrorId);
        if (should.ExceptionType is { } type)
        {
            wanted.Add("type " + ValueText.Of(type));
            if (thrown is not null && !type.IsInstanceOfType(thrown.Exception))
            {
                but.Add($"got type {ValueText.Of(thrown.Exception.GetType())}");
            }
        }
        if (thrown is null)
        {
            but.Add("none was thrown");
        }
        if (but.Count > 0)
        {
            string with = wanted.Count > 0 ? " with " + string.Join(" and ", wanted) : "";
            string where = thrown is null ? "" : $" What was thrown: {ErrorText.Of(thrown)}";
            return $"Expected an exception{with},{because} but {string.Join(" and ", but)}.{where}";
        }
        if (should.PassThru)
        {
            should.WriteObject(thrown);
        }
        return null;

        void Compare(string what, string? pattern, string? got)
        {
            if (string.IsNullOrWhiteSpace(pattern))
            {
                return;
            }
            wanted.Add($"{what} {ValueText.Of(pattern)}");
            if (got is not null && !WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(got))
            {
                but.Add($"got {ValueText.Of(got)}");
            }
        }
    }
}
