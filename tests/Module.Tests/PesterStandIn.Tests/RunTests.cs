namespace ReuseportPS.Module.Tests.PesterStandIn.Tests;

/// <summary>How the tests of a file run: scopes, order, failures, skips, the test drive.</summary>
public sealed class RunTests
{
    [Fact]
    public void A_setup_is_seen_beneath_and_a_body_is_not()
    {
        Sample.AllPass("""
            $atTop = 1
            Describe d {
                $inBody = 1
                BeforeAll { $fromAll = 'all' }
                BeforeEach { $fromEach = 'each' }
                It 'sees what setups set' { "$fromAll $fromEach" | Should -BeExactly 'all each' }
                It 'does not see the discovery' { $atTop | Should -BeNullOrEmpty; $inBody | Should -BeNullOrEmpty }
                It 'changes a copy' { $fromAll = 'changed'; $mine = 1 }
                It 'has a scope of its own' { $fromAll | Should -Be 'all'; $mine | Should -BeNullOrEmpty }
                Context c {
                    BeforeAll { $nested = "$fromAll nested" }
                    It 'sees both' { $nested | Should -Be 'all nested' }
                }
                It 'does not see a sibling' { $nested | Should -BeNullOrEmpty }
            }
            Describe e { It 'sees nothing of another block' { $fromAll | Should -BeNullOrEmpty } }
            """);
    }

    [Fact]
    public void Data_are_variables_of_blocks_and_tests()
    {
        Sample.AllPass("""
            Describe d -ForEach @{ Port = 80; Name = 'outer' } {
                BeforeAll { $seen = "$Port $($_.Name)" }
                It 'block data reach setups and tests' { $seen | Should -Be '80 outer'; $Port | Should -Be 80; $_.Port | Should -Be 80 }
                It 'test data hide block data' -ForEach @{ Name = 'inner' } { $Name | Should -Be 'inner'; $Port | Should -Be 80; $_.Name | Should -Be 'inner' }
                It 'a value is $_' -ForEach 5 { $_ | Should -Be 5 }
                It 'a null is $_' -ForEach @($null) { $null -eq $_ | Should -BeTrue }
                It 'a param block takes keys' -TestCases @{ A = 1; B = 2 } { param($A, $B) $A + $B | Should -Be 3 }
                It 'an object is $_' -ForEach @([pscustomobject]@{ X = 4 }) { $_.X | Should -Be 4 }
                It 'ordered keys are variables' -ForEach @([ordered]@{ X = 4; Y = 5 }) { $X + $Y | Should -Be 9 }
                Context c -ForEach 6, 7 { It 'a value of a block is $_' { $_ | Should -BeIn 6, 7 } }
            }
            """);
    }

    [Fact]
    public void Setups_run_inwards_and_teardowns_outwards()
    {
        PesterFile file = Sample.File("""
            BeforeEach { Add-Step 'root+' }
            AfterEach { Add-Step 'root-' }
            AfterAll { Add-Step 'ROOT-' }
            Describe d {
                BeforeAll { Add-Step 'D+' }
                BeforeEach { Add-Step 'd+' }
                AfterEach { Add-Step 'd-' }
                AfterAll { Add-Step 'D-' }
                It one { Add-Step 'one' }
                Context c {
                    BeforeAll { Add-Step 'C+' }
                    BeforeEach { Add-Step 'c+' }
                    AfterEach { Add-Step 'c-' }
                    AfterAll { Add-Step 'C-' }
                    It two { Add-Step 'two'; throw 'failed' }
                }
            }
            """);
        Assert.Empty(file.Errors);
        Assert.Equal("D+ root+ d+ one d- root- C+ root+ d+ c+ two c- d- root- C- D- ROOT-", string.Join(' ', Steps));
        Assert.Equal("Passed Failed", string.Join(' ', file.Results.Select(test => test.Outcome)));
    }

    /// <summary>Where the test files of <see cref="Setups_run_inwards_and_teardowns_outwards"/> leave their trace.</summary>
    public static List<string> Steps { get; } = [];

    [Theory]
    [InlineData("It i { throw 'boom' }", "boom")]
    [InlineData("It i { 1 / 0 }", "Attempted to divide by zero")]
    [InlineData("It i { Write-SampleError 'said' -ErrorAction Stop }", "said")]
    [InlineData("It i { & ('Get-' + 'Missing') }", "Get-Missing")]
    [InlineData("It i { $null.Call() }", "You cannot call a method on a null-valued expression")]
    [InlineData("It i { Write-SampleError 'before'; 1 | Should -Be 2 }", "before")]
    [InlineData("It i { 1 | Should -Be 2 -Because 'of that' }", "Expected 2, because of that, but got 1.")]
    [InlineData("It i { break }", "left by break")]
    [InlineData("It i { continue }", "left by break")]
    [InlineData("It i { & ([scriptblock]::Create('exit')) }", "left by break")]
    [InlineData("It i { 1..2 | ForEach-Object { break } }", "left by break")]
    [InlineData("It i { Describe nested { } }", "Describe stands inside an It")]
    [InlineData("It i { It nested { } }", "It stands inside an It")]
    [InlineData("It i { BeforeAll { } }", "BeforeAll stands inside an It")]
    [InlineData("BeforeEach { throw 'boom' }; It i { }", "boom")]
    [InlineData("BeforeEach { break }; It i { }", "left by break")]
    [InlineData("AfterEach { throw 'boom' }; It i { }", "boom")]
    [InlineData("AfterEach { break }; It i { }", "left by break")]
    [InlineData("BeforeAll { throw 'boom' }; It i { }", "BeforeAll of 'd' failed: boom")]
    [InlineData("BeforeAll { 1 | Should -Be 2 }; It i { }", "BeforeAll of 'd' failed: Expected 2, but got 1.")]
    [InlineData("BeforeAll { break }; It i { }", "BeforeAll of 'd' failed: it was left by break")]
    [InlineData("BeforeAll { & ([scriptblock]::Create('exit')) }; It i { }", "BeforeAll of 'd' failed: it was left by break")]
    [InlineData("BeforeAll { throw 'boom' }; Context c { It i { } }", "BeforeAll of 'd' failed: boom")]
    [InlineData("AfterEach { Set-ItResult -Skipped }; It i { throw 'boom' }", "boom")]
    public void A_test_fails(string body, string reason)
    {
        PesterFile file = Sample.Describe(body);
        Assert.Empty(file.Errors);
        PesterTest test = Assert.Single(file.Results);
        Assert.Equal(PesterOutcome.Failed, test.Outcome);
        Assert.Contains(reason, test.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("It i { Write-SampleError 'not terminating' }")]
    [InlineData("It i { $ErrorActionPreference | Should -Be 'Continue' }")]
    [InlineData("It i { foreach ($n in 1, 2) { break } }")]
    [InlineData("It i { return }")]
    [InlineData("It i { try { throw 'boom' } catch { } }")]
    [InlineData("It i { 'output goes nowhere' }")]
    [InlineData("It i { $PSScriptRoot | Should -Match 'pester-sample' }")]
    public void A_test_passes(string body) => Sample.AllPass($"Describe d {{ {body} }}");

    [Fact]
    public void A_failure_names_file_and_line()
    {
        PesterFile file = Sample.File("Describe d {\n  It i {\n    1 | Should -Be 2\n  }\n}");
        string[] lines = Assert.Single(file.Results).Reason.Split(Environment.NewLine);
        Assert.Equal("Expected 2, but got 1.", lines[0]);
        Assert.StartsWith("at 1 | Should -Be 2, ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("Sample.Tests.ps1:4", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_test_does_not_keep_the_others_from_running()
    {
        PesterFile file = Sample.File("""
            Describe a { BeforeAll { throw 'x' }; AfterAll { $global:tornDown = $true }; It i { }; It j { } }
            Describe b { It i { break }; It j { throw 'x' }; It k { $tornDown | Should -BeTrue } }
            """);
        Assert.Empty(file.Errors);
        Assert.Equal("Failed Failed Failed Failed Passed", string.Join(' ', file.Results.Select(test => test.Outcome)));
    }

    [Fact]
    public void What_exit_left_out_has_failed()
    {
        PesterFile file = Sample.Describe("It i { }; It j { & ([scriptblock]::Create('exit')) }; It k { }");
        Assert.Equal("Passed Failed Failed", string.Join(' ', file.Results.Select(test => test.Outcome)));
        Assert.Contains("did not run", file.Results[2].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AfterAll { throw 'boom' }; It i { }", "AfterAll of 'd' failed: boom")]
    [InlineData("AfterAll { break }; It i { }", "AfterAll of 'd' failed: it was left by break")]
    public void A_failing_AfterAll_is_an_error_of_the_file(string body, string error)
    {
        PesterFile file = Sample.Describe(body);
        Assert.StartsWith(error, Assert.Single(file.Errors), StringComparison.Ordinal);
        Assert.Equal(PesterOutcome.Passed, Assert.Single(file.Results).Outcome);
    }

    [Theory]
    [InlineData("It i -Skip { throw 'x' }", "-Skip")]
    [InlineData("It i -Skip:$true { throw 'x' }", "-Skip")]
    [InlineData("Context c -Skip { It i { throw 'x' } }", "-Skip")]
    [InlineData("Context c -Skip { Context e { BeforeAll { throw 'x' }; It i { throw 'x' } } }", "-Skip")]
    [InlineData("BeforeAll { throw 'x' }; It i -Skip { }", "-Skip")]
    [InlineData("It i { Set-ItResult -Skipped -Because 'it is late'; throw 'x' }", "skipped, because it is late")]
    [InlineData("It i { Set-ItResult -Inconclusive -Because 'who knows' }", "inconclusive, because who knows")]
    [InlineData("It i { Set-ItResult -Skipped }", "skipped")]
    [InlineData("BeforeEach { Set-ItResult -Skipped -Because 'of it' }; It i { throw 'x' }", "of it")]
    public void A_test_is_skipped(string body, string reason)
    {
        PesterFile file = Sample.Describe(body);
        Assert.Empty(file.Errors);
        PesterTest test = Assert.Single(file.Results);
        Assert.Equal(PesterOutcome.Skipped, test.Outcome);
        Assert.Contains(reason, test.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Skip_of_false_runs() => Assert.Equal(PesterOutcome.Failed, Assert.Single(Sample.Describe("It i -Skip:$false { throw 'x' }").Results).Outcome);

    [Fact]
    public void The_test_drive_is_a_fresh_folder_that_goes_with_its_block()
    {
        Sample.AllPass("""
            Describe a {
                BeforeAll { [IO.File]::WriteAllText("$TestDrive/a", 'x') }
                It 'is there as a path and as a drive' { "$TestDrive/a" | Should -Exist; 'TestDrive:/a' | Should -Exist }
                Context c {
                    It 'makes a folder' { $null = [IO.Directory]::CreateDirectory("$TestDrive/b/c"); 'TestDrive:/b/c' | Should -Exist; 'TestDrive:/a' | Should -Exist }
                }
                It 'has lost what a block in it made' { 'TestDrive:/b' | Should -Not -Exist; 'TestDrive:/a' | Should -Exist }
            }
            Describe b { It 'is empty again' { [IO.Directory]::GetFileSystemEntries($TestDrive) | Should -BeNullOrEmpty } }
            """);
    }

    [Fact]
    public void The_test_drive_is_gone_after_the_run()
    {
        PesterFile file = Sample.Describe("It i { throw \"[$TestDrive]\" }");
        string reason = Assert.Single(file.Results).Reason;
        string folder = reason[(reason.IndexOf('[', StringComparison.Ordinal) + 1)..reason.IndexOf(']', StringComparison.Ordinal)];
        Assert.StartsWith(Path.GetTempPath(), folder, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Each_file_has_a_runspace_of_its_own()
    {
        _ = Sample.Describe("It i { $global:left = 1 }");
        Sample.AllPass("Describe d { It i { $left | Should -BeNullOrEmpty } }");
    }
}
