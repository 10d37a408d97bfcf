using ReuseportPS.Module.Tests.PesterStandIn.Operators;

namespace ReuseportPS.Module.Tests.PesterStandIn.Tests;

/// <summary>Each operator holds and fails, and its -Not the other way round.</summary>
public sealed class ShouldTests
{
    /// <summary>Left of the bar what satisfies the operator, right of it what does not.</summary>
    public static TheoryData<string, string, string> Operators { get; } = new()
    {
        { "1", "-Be 1", "2" },
        { "'a'", "-Be 'A'", "'b'" },
        { "'1'", "-Be 1", "'x'" },
        { "@(1, 2)", "-Be @(1, 2)", "@(1, 3)" },
        { "@(1, 2)", "-Be @(1, 2)", "@(1, 2, 3)" },
        { "$null", "-Be $null", "0" },
        { "@()", "-Be @()", "@(1)" },
        { "@(1, @(2, 3))", "-Be @(1, @(2, 3))", "@(1, @(2, 4))" },
        { "@(, @(1, 2))", "-Be @(, @(1, 2))", "@(1, 2)" },
        { "@{ a = 1 }.Keys", "-Be 'a'", "@{ b = 1 }.Keys" },
        { "'a'", "-BeExactly 'a'", "'A'" },
        { "@('a', 'b')", "-BeExactly @('a', 'b')", "@('a', 'B')" },
        { "$null", "-BeNullOrEmpty", "0" },
        { "''", "-BeNullOrEmpty", "' '" },
        { "@()", "-BeNullOrEmpty", "@('', '')" },
        { "@{}", "-BeNullOrEmpty", "@{ a = 1 }" },
        { "$true", "-BeTrue", "$false" },
        { "1", "-BeTrue", "0" },
        { "$false", "-BeFalse", "$true" },
        { "''", "-BeFalse", "'x'" },
        { "1", "-BeOfType [int]", "1L" },
        { "1", "-BeOfType int", "'1'" },
        { "1", "-BeOfType ([int])", "$null" },
        { "1", "-HaveType System.ValueType", "'1'" },
        { "2", "-BeGreaterThan 1", "1" },
        { "1", "-BeGreaterOrEqual 1", "0" },
        { "0", "-BeLessThan 1", "1" },
        { "1", "-BeLessOrEqual 1", "2" },
        { "@(2, 3)", "-BeGreaterThan 1", "@(0, 1)" },
        { "1", "-BeIn @(1, 2)", "3" },
        { "'a'", "-BeIn @('A')", "'b'" },
        { "'ABC'", "-BeLike 'a*'", "'bc'" },
        { "'abc'", "-BeLikeExactly 'a*'", "'ABC'" },
        { "@(1, 2)", "-Contain 2", "@(1, 3)" },
        { "'x'", "-Contain 'X'", "'y'" },
        { "'ABC'", "-Match '^a.c$'", "'abcd'" },
        { "'abc'", "-MatchExactly '^a.c$'", "'ABC'" },
        { "@(1, 2)", "-HaveCount 2", "@(1)" },
        { "@()", "-HaveCount 0", "$null" },
        { "$TestDrive", "-Exist", "'TestDrive:/none'" },
        { "'TestDrive:/text'", "-FileContentMatch 'B.R'", "'TestDrive:/other'" },
        { "(Get-Command Test-Sample)", "-HaveParameter First", "(Get-Command Set-ReuseportBackend)" },
        { "(Get-Command Set-ReuseportBackend)", "-HaveParameter Seed -Type int", "(Get-Command Get-Module)" },
        { "(Get-Command Get-Command)", "-HaveParameter Name -InParameterSet AllCommandSet", "(Get-Command Get-Help)" },
        { "(Get-Command Test-Sample)", "-HaveParameter Second -Alias Zwei", "(Get-Command Get-Help)" },
        { "{ throw 'x' }", "-Throw", "{ 1 }" },
    };

    [Theory]
    [MemberData(nameof(Operators))]
    public void An_operator_holds_and_fails_and_its_not_the_other_way(string satisfies, string assertion, string violates)
    {
        const string files = "BeforeEach { [IO.File]::WriteAllText(\"$TestDrive/text\", \"foo`nbar\"); [IO.File]::WriteAllText(\"$TestDrive/other\", 'foo') }";
        string[] words = assertion.Split(' ', 2);
        string not = $"-Not {assertion}";
        PesterFile file = Sample.Describe($$"""
            {{files}}
            It 'holds' { {{satisfies}} | Should {{assertion}} }
            It 'holds not' { {{violates}} | Should {{assertion}} }
            It 'not: holds' { {{satisfies}} | Should {{not}} }
            It 'not: holds not' { {{violates}} | Should {{not}} }
            It 'holds with a reason' { {{violates}} | Should {{assertion}} -Because 'of the reason' }
            It 'not: holds with a reason' { {{satisfies}} | Should {{not}} -Because 'of the reason' }
            """);
        Assert.Empty(file.Errors);
        Assert.Equal("Passed Failed Failed Passed Failed Failed", string.Join(' ', file.Results.Select(test => test.Outcome)));
        foreach (PesterTest failed in file.Results.Where(test => test.Outcome == PesterOutcome.Failed))
        {
            Assert.StartsWith("Expected ", failed.Reason, StringComparison.Ordinal);
            Assert.Contains(words[0], failed.Reason, StringComparison.Ordinal);
            Assert.Contains("Sample.Tests.ps1:", failed.Reason, StringComparison.Ordinal);
        }
        Assert.All(file.Results.TakeLast(2), test => Assert.Contains(" because of the reason,", test.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_operator_is_in_the_table() =>
        Assert.Equal(ShouldOperator.Names, Operators.Select(row => row.Data.Item2.Split(' ')[0][1..])
            .Select(name => name == "HaveType" ? "BeOfType" : name).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("1 | Should -Be 2", "Expected 2, but got 1.")]
    [InlineData("1 | Should -Not -Be 1", "Expected anything but 1, but got 1.")]
    [InlineData("'a' | Should -Be ''", "Expected <empty>, but got 'a'.")]
    [InlineData("@(1, 2) | Should -Be @(1, 3) -Because 'because it is so'", "Expected @(1, 3), because it is so, but got @(1, 2).")]
    [InlineData("1L | Should -BeOfType [int]", "Expected a value of type [System.Int32], but got 1 of type [System.Int64].")]
    [InlineData("@(1, 2) | Should -HaveCount 3", "Expected 3 items, but got 2: @(1, 2).")]
    [InlineData("{ throw 'no' } | Should -Throw -ExpectedMessage 'yes*'", "Expected an exception with a message like 'yes*', but got 'no'.")]
    [InlineData("{ } | Should -Throw", "Expected an exception, but none was thrown.")]
    [InlineData("@{ a = $null } | Should -BeNullOrEmpty", "Expected $null or empty, but got @{a = $null}.")]
    public void A_failure_says_what_was_expected_and_what_came(string statement, string message) =>
        Assert.StartsWith(message, Sample.It(statement).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("{ throw 'boom now' } | Should -Throw 'boom*'", true)]
    [InlineData("{ throw 'boom now' } | Should -Throw 'boom'", false)]
    [InlineData("{ throw 'boom now' } | Should -Not -Throw 'other'", false)]
    [InlineData("$wrong = @{ Nme = 'x' }; { Get-Module @wrong } | Should -Throw -ErrorId 'NamedParameterNotFound*'", true)]
    [InlineData("{ Write-SampleError 'x' -ErrorAction Stop } | Should -Throw -ErrorId 'SampleError,*'", true)]
    [InlineData("{ Write-SampleError 'x' -ErrorAction Stop } | Should -Throw -ErrorId 'Other'", false)]
    [InlineData("{ Write-SampleError 'x' -ErrorAction Stop } | Should -Throw -ExceptionType ([InvalidOperationException])", true)]
    [InlineData("{ Write-SampleError 'x' -ErrorAction Stop } | Should -Throw -ExceptionType ([IO.IOException])", false)]
    [InlineData("{ Write-SampleError 'x' } | Should -Throw", false)]
    [InlineData("{ 1 / 0 } | Should -Throw", true)]
    [InlineData("{ [int]::Parse('x') } | Should -Throw", true)]
    [InlineData("({ Write-SampleError 'said' -ErrorAction Stop } | Should -Throw -PassThru).Exception.Message | Should -Be 'said'", true)]
    [InlineData("({ Write-SampleError 'said' -ErrorAction Stop } | Should -Throw -PassThru).Exception.Message | Should -Be 'other'", false)]
    [InlineData("'no script block' | Should -Throw", false)]
    [InlineData("'no script block' | Should -Not -Throw", false)]
    public void Throw_compares_message_id_and_type(string statement, bool passes) => Check(statement, passes);

    [Theory]
    [InlineData("Should -ActualValue @(1, 2) -Be @(1, 2)", true)]
    [InlineData("Should -ActualValue @(1, 2) -Be @(1)", false)]
    [InlineData("Should -ActualValue @(1, 2) -HaveCount 2", true)]
    [InlineData("1 | Should -Be -ExpectedValue 1", true)]
    [InlineData("1..3 | ForEach-Object { $_ | Should -BeLessThan 3 }", false)]
    [InlineData("1..2 | ForEach-Object { $_ | Should -BeLessThan 3 }", true)]
    [InlineData("$ErrorActionPreference = 'SilentlyContinue'; 1 | Should -Be 2", false)]
    [InlineData("1 | Should -Be 2 -ErrorAction SilentlyContinue", false)]
    [InlineData("& { 1 | Should -Be 2 }; 1 | Should -Be 1", false)]
    [InlineData("function Check { 1 | Should -Be 2 }; Check", false)]
    // An expression that cannot be evaluated is a failure under -Not too.
    [InlineData("'a' | Should -Match '('", false)]
    [InlineData("'a' | Should -Not -Match '('", false)]
    [InlineData("([object]::new()) | Should -BeGreaterThan 1", false)]
    [InlineData("([object]::new()) | Should -Not -BeGreaterThan 1", false)]
    [InlineData("1 | Should -BeOfType 'No.Such.Type'", false)]
    [InlineData("1 | Should -Not -BeOfType 'No.Such.Type'", false)]
    [InlineData("'none' | Should -FileContentMatch 'x'", false)]
    [InlineData("'none' | Should -Not -FileContentMatch 'x'", false)]
    [InlineData("'x' | Should -Not -HaveParameter 'y'", false)]
    [InlineData("1 | Should -Not -HaveCount -1", false)]
    [InlineData("1 | Should", false)]
    [InlineData("1 | Should -BeTrue 2", false)]
    public void Should_takes_its_input_as_Pester_does(string statement, bool passes) => Check(statement, passes);

    [Theory]
    [InlineData("Get-Command Test-Sample | Should -Not -HaveParameter Third", true)]
    [InlineData("Get-Command Test-Sample | Should -Not -HaveParameter First -Mandatory", true)]
    [InlineData("Get-Command Test-Sample | Should -HaveParameter First -Mandatory", false)]
    [InlineData("Get-Command Test-Sample | Should -HaveParameter First -InParameterSet B", false)]
    [InlineData("Get-Command Test-Sample | Should -Not -HaveParameter First -InParameterSet B", true)]
    [InlineData("Get-Command Import-Module | Should -HaveParameter Name -Mandatory", true)]
    [InlineData("Get-Command Import-Module | Should -Not -HaveParameter Name -Mandatory", false)]
    [InlineData("Get-Command Get-Command | Should -HaveParameter Noun -HasArgumentCompleter", true)]
    [InlineData("Get-Command Test-Sample | Should -HaveParameter First -HasArgumentCompleter", false)]
    [InlineData("Get-Command Test-Sample | Should -HaveParameter Second -Alias Deux", false)]
    public void HaveParameter_looks_at_what_is_asked(string statement, bool passes) => Check(statement, passes);

    private static void Check(string statement, bool passes)
    {
        PesterTest test = Sample.It(statement);
        Assert.True(test.Outcome == (passes ? PesterOutcome.Passed : PesterOutcome.Failed), $"{test.Outcome}: {test.Reason}");
    }
}
