namespace ReuseportPS.Module.Tests.PesterStandIn.Tests;

/// <summary>What is found in a file, and what makes it refused before anything runs.</summary>
public sealed class DiscoveryTests
{
    [Theory]
    // Commands, parameters and operators that are not there.
    [InlineData("Describe d { It i { Get-Nothing } }", "unknown command Get-Nothing")]
    [InlineData("Describe d { It i { Get-Module -Nme x } }", "Get-Module has no parameter -Nme")]
    [InlineData("Describe d { It i { Get-Module -ListAvail } }", "-ListAvail of Get-Module is an abbreviation: write -ListAvailable")]
    [InlineData("Describe d { It i { Test-Sample -First 1 -Second 2 } }", "-First, -Second of Test-Sample do not go together")]
    [InlineData("Describe d { It i { 1 | Should -BeSo 1 } }", "Should has no parameter -BeSo")]
    [InlineData("Describe d { It i { 1 | Should -Be 1 -ErrorId x } }", "-Be, -ErrorId of Should do not go together")]
    [InlineData("Describe d { It i { 1 | Should -BeTrue -BeFalse } }", "-BeTrue, -BeFalse of Should do not go together")]
    [InlineData("Describe d { It i { Should -Invoke Get-Module } }", "Should has no parameter -Invoke")]
    [InlineData("Describe d { Mock Get-Module { }; It i { } }", "unknown command Mock")]
    [InlineData("Describe d { It i { Assert-MockCalled Get-Module } }", "unknown command Assert-MockCalled")]
    [InlineData("Describe d { It i { Should-Be 1 } }", "unknown command Should-Be")]
    [InlineData("Describe d { It i -Pending { } }", "It has no parameter -Pending")]
    [InlineData("Describe d { It i { Pester-Should -Be 1 } }", "unknown command Pester-Should")]
    [InlineData("Describe d { It i { ls } }", "unknown command ls")]
    [InlineData("Describe d { It i { function f { param($a) } f -b 1 } }", "f has no parameter -b")]
    [InlineData("Describe d { It i { ./none.ps1 } }", "there is no script ./none.ps1")]
    [InlineData("Describe d { It i { 1 + } }", "You must provide a value expression")]
    // Nothing to test.
    [InlineData("", "the file holds no test")]
    [InlineData("Describe d { }", "the file holds no test")]
    [InlineData("Describe d { It i -ForEach @() { } }", "-ForEach of It 'i' has no item")]
    [InlineData("Describe d { It i -TestCases $null { } }", "-ForEach of It 'i' has no item")]
    [InlineData("Describe d -ForEach @() { It i { } }", "-ForEach of Describe 'd' has no item")]
    [InlineData("Describe d { Context c -ForEach $null { It i { } } }", "-ForEach of Context 'c' has no item")]
    // Wrong places and repetitions.
    [InlineData("It i { }", "It 'i' stands outside of a Describe")]
    [InlineData("Describe d { BeforeAll { }; BeforeAll { }; It i { } }", "A second BeforeAll in 'd'")]
    [InlineData("Describe d { BeforeEach { }; BeforeEach { }; It i { } }", "A second BeforeEach in 'd'")]
    [InlineData("Describe d { AfterEach { }; AfterEach { }; It i { } }", "A second AfterEach in 'd'")]
    [InlineData("Describe d { AfterAll { }; AfterAll { }; It i { } }", "A second AfterAll in 'd'")]
    [InlineData("BeforeAll { }; Describe d { It i { } }", "A second BeforeAll in the file")]
    // Exceptions while the file is read.
    [InlineData("throw 'oops'; Describe d { It i { } }", "Discovery failed: oops")]
    [InlineData("Describe d { It i { }; throw 'oops' }", "Discovery failed: oops")]
    [InlineData("Describe d { It i { }; [int]::Parse('x') }", "Discovery failed: ")]
    [InlineData("Describe d { It i { }; Context c { 1 / 0 } }", "Discovery failed: Attempted to divide by zero")]
    [InlineData("Describe d { BeforeDiscovery { throw 'oops' }; It i { } }", "Discovery failed: oops")]
    [InlineData("Describe d { It i { } }; exit", "exit ends more than the test")]
    [InlineData("Describe d { It i { exit 0 } }", "exit ends more than the test")]
    [InlineData("Describe d { It i { } }; break", "discovery was left")]
    [InlineData("Describe d { It i { }; break }", "discovery was left")]
    [InlineData("Describe d { It i }", "Discovery failed: ")]
    public void A_file_is_refused(string text, string problem)
    {
        PesterFile file = Sample.File(text);
        Assert.Contains(file.Errors, error => error.Contains(problem, StringComparison.Ordinal) && error.Contains("Sample.Tests.ps1", StringComparison.Ordinal));
        Assert.Empty(file.Results);
    }

    [Fact]
    public void A_refusal_names_line_and_column() =>
        Assert.EndsWith("Sample.Tests.ps1:3:3: unknown command Get-Nothing.", Assert.Single(Sample.File("Describe d { It i {\n  Get-Nothing } }").Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData("Describe d { It i { } }")]
    [InlineData("Describe d { BeforeAll { }; It i { } }")]
    [InlineData("Describe d { BeforeAll { Set-ReuseportBackend Simulator }; It i { } }")]
    [InlineData("Describe d { BeforeAll { Set-ReuseportBackend Simulator -Seed }; It i { } }")]
    [InlineData("Describe d { BeforeAll { Set-ReuseportBackend Simulator -Seed $env:SEED }; It i { } }")]
    [InlineData("Describe d { BeforeAll { Set-ReuseportBackend Linux -Seed 1 }; It i { } }")]
    [InlineData("Describe d { BeforeAll { $a = 1; Set-ReuseportBackend Simulator -Seed 1 }; It i { } }")]
    [InlineData("Describe d { It i { Set-ReuseportBackend Simulator -Seed 1 } }")]
    [InlineData("Set-ReuseportBackend Simulator -Seed 1; Describe d { It i { } }")]
    [InlineData("Describe a { BeforeAll { Set-ReuseportBackend Simulator -Seed 1 }; It i { } }; Describe b { It i { } }")]
    public void A_file_that_does_not_choose_the_simulator_with_a_seed_is_refused(string text)
    {
        PesterFile file = Sample.WholeFile(text);
        Assert.Contains("does not choose the simulator", Assert.Single(file.Errors), StringComparison.Ordinal);
        Assert.Empty(file.Results);
    }

    [Theory]
    [InlineData("Describe d { BeforeAll { Set-ReuseportBackend Simulator -Seed 1 }; It i { } }")]
    [InlineData("Describe d { BeforeEach { Set-ReuseportBackend -Name Simulator -Seed:7; $a = 1 }; It i { } }")]
    [InlineData("Describe a { BeforeAll { Set-ReuseportBackend Simulator -Seed 1 }; It i { } }; Context b { BeforeAll { Set-ReuseportBackend Simulator -Seed 2 }; It i { } }")]
    public void A_file_that_chooses_it_runs(string text)
    {
        PesterFile file = Sample.WholeFile(text);
        Assert.Empty(file.Errors);
        Assert.All(file.Results, test => Assert.Equal(PesterOutcome.Passed, test.Outcome));
    }

    [Fact]
    public void Blocks_and_data_make_the_names()
    {
        PesterFile file = Sample.File("""
            Describe 'outer <_>' -Tag t -ForEach 1, 2 {
                Context 'with <name>' -ForEach @{ Name = 'x'; Inner = @{ Value = 3 } } {
                    It '<_.Name> and <inner.Value> and `<kept`> and <unknown>' -TestCases @(@{ Name = 'y' }; @{ Name = 'z' }) { }
                }
                It 'item <_>' -Tag a, b -ForEach 'p', $null { }
            }
            Context 'alone' { It 'one' { } }
            """);
        Assert.Empty(file.Errors);
        Assert.Equal(
            [
                "outer 1 > with x > y and 3 and <kept> and <unknown>", "outer 1 > with x > z and 3 and <kept> and <unknown>", "outer 1 > item p", "outer 1 > item $null",
                "outer 2 > with x > y and 3 and <kept> and <unknown>", "outer 2 > with x > z and 3 and <kept> and <unknown>", "outer 2 > item p", "outer 2 > item $null",
                "alone > one",
            ],
            file.Results.Select(test => test.FullName));
    }

    [Fact]
    public void BeforeDiscovery_and_bodies_run_at_discovery_and_It_does_not()
    {
        PesterFile file = Sample.File("""
            BeforeDiscovery { $cases = 'a', 'b' }
            Describe d {
                $more = $cases + 'c'
                It '<_>' -ForEach $more { throw 'never at discovery' }
                It 's' -Skip:($more.Count -eq 3) { throw 'never' }
            }
            """);
        Assert.Empty(file.Errors);
        Assert.Equal(["d > a Failed", "d > b Failed", "d > c Failed", "d > s Skipped"], file.Results.Select(test => $"{test.FullName} {test.Outcome}"));
    }
}
