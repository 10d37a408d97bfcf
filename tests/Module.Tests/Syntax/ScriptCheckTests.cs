using System.Management.Automation.Runspaces;
using ReuseportPS.Module.Tests.PesterStandIn;

namespace ReuseportPS.Module.Tests.Syntax;

public sealed class ScriptCheckTests : IDisposable
{
    private readonly Runspace _runspace = PesterRunspace.Open(module: null);

    [Theory]
    [InlineData("Get-Module -Name x -Verbose")]
    [InlineData("1 | ForEach-Object -Process { } | Where-Object { $_ } | % { }")]
    [InlineData("Write-Output -InputObject 1 -NoEnumerate")]
    [InlineData("Microsoft.PowerShell.Core\\Get-Module")]
    [InlineData("$all = @{ Nme = 1 }; Get-Module @all")]
    [InlineData("& $computed -Anything")]
    [InlineData("function f($a) { }; f -a 1")]
    [InlineData("function global:f { [CmdletBinding()] param($a) }; f -a 1 -Verbose")]
    [InlineData("dotnet build -c Release")]
    [InlineData("./build.ps1 -Test")]
    public void What_exists_is_no_problem(string text) => Assert.Empty(Problems(text));

    [Theory]
    [InlineData("nothing-here", "file.ps1:1:1: unknown command nothing-here.")]
    [InlineData("\nGet-Module |\n  nothing", "file.ps1:3:3: unknown command nothing.")]
    [InlineData("Describe d { }", "file.ps1:1:1: unknown command Describe.")]
    [InlineData("Get-Module -Nme x", "file.ps1:1:1: Get-Module has no parameter -Nme.")]
    [InlineData("Get-Module -Li", "file.ps1:1:1: -Li of Get-Module is an abbreviation: write -ListAvailable.")]
    [InlineData("Get-Command -Name x -Noun y", "file.ps1:1:1: -Name, -Noun of Get-Command do not go together.")]
    [InlineData("function f { param($a) }; f -a 1 -Verbose", "file.ps1:1:27: f has no parameter -Verbose.")]
    [InlineData("./missing.ps1", "file.ps1:1:1: there is no script ./missing.ps1.")]
    [InlineData("sh -c true", "file.ps1:1:1: unknown command sh.")]
    public void What_does_not_exist_is_named_with_its_place(string text, string problem) => Assert.Equal([problem], Problems(text));

    [Fact]
    public void Only_fences_of_PowerShell_are_read()
    {
        FencedCode[] found = [.. FencedCode.PowerShellIn("a\n```sh\nGet-A\n```\n\n```powershell\nGet-B\n  Get-C\n```\n- x\n  ```pwsh title\n  Get-D\n  ```\n```\nGet-E\n```\n")];
        Assert.Equal([new(7, "Get-B\n  Get-C"), new(12, "  Get-D")], found);
    }

    public void Dispose() => _runspace.Dispose();

    private IReadOnlyList<string> Problems(string text) => new ScriptCheck(_runspace, "dotnet").Problems("file.ps1", text);
}
