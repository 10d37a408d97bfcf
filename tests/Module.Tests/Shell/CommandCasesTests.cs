using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>Each general command prints what pwsh prints, as recorded in CommandCases.txt.</summary>
[Collection(nameof(ShellCase))] // a case may set a variable of this process, which a pwsh that is started then has too
public sealed class CommandCasesTests : IClassFixture<CommandCasesTests.Session>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shellcase");
    private readonly Runspace _runspace;

    public CommandCasesTests(Session session)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The recorded cases are those of pwsh on Linux.");
        _runspace = session.Runspace;
        _runspace.ResetRunspaceState();
        _runspace.SessionStateProxy.Path.SetLocation(_folder.FullName);
    }

    public static TheoryData<string> Names => [.. ShellCase.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void PrintsWhatPwshPrints(string name)
    {
        ShellCase @case = ShellCase.All[name];
        Assert.Equal(@case.Expected, Run(@case.Script));
    }

    [Fact]
    public void EveryCommandHasACase()
    {
        string scripts = string.Join('\n', ShellCase.All.Values.Select(@case => @case.Script)) + " Out-String";
        Assert.DoesNotContain(CommandTable.Commands.Keys, command => !scripts.Contains(command, StringComparison.OrdinalIgnoreCase));
    }

    public void Dispose()
    {
        _runspace.SessionStateProxy.Path.SetLocation("/");
        _folder.Delete(recursive: true);
    }

    /// <summary>One runspace for all cases; each starts from its first variables and in its own folder.</summary>
    public sealed class Session : IDisposable
    {
        public Session()
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
            Runspace = RunspaceFactory.CreateRunspace(ShellSessionState.Create(modulePath: null));
            Runspace.Open();
        }

        public Runspace Runspace { get; }

        public void Dispose() => Runspace.Dispose();
    }

    private string Run(string script)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.AddScript($"& {{\n{script}\n}} *>&1 | Out-String -Width 100");
        string output;
        try
        {
            output = string.Concat(shell.Invoke());
        }
        catch (RuntimeException problem)
        {
            output = "TERMINATING " + problem.Message;
        }

        ArrayList errors = (ArrayList)_runspace.SessionStateProxy.GetVariable("Error");
        return ShellCase.Recorded(output, _folder.FullName, errors.Cast<object>().Select(ErrorId));
    }

    private static string ErrorId(object error) => error switch
    {
        ErrorRecord record => record.FullyQualifiedErrorId,
        IContainsErrorRecord container => container.ErrorRecord.FullyQualifiedErrorId,
        _ => "",
    };
}
