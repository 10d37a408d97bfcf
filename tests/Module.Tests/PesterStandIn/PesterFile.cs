using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using ReuseportPS.Module.Tests.Syntax;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>One *.Tests.ps1: checked, discovered, and run once when the first result is asked for.</summary>
internal sealed class PesterFile
{
    private static readonly string s_run = ReadRunScript();
    private readonly string _path;
    private readonly PesterState _state = new();
    private readonly Lazy<Runspace> _runspace;
    private readonly Lazy<bool> _run;

    private PesterFile(string path, string? module)
    {
        _path = path;
        _runspace = new(() => PesterRunspace.Open(module, _state));
        _run = new(Run);
    }

    /// <summary>What was found at discovery; none where the file is refused.</summary>
    public IReadOnlyList<PesterTest> Tests { get; private set; } = [];

    /// <summary>The tests after the run.</summary>
    public IReadOnlyList<PesterTest> Results => _run.Value ? Tests : [];

    /// <summary>What is wrong with the file as a whole: the check before the run, discovery, the teardown of a block.</summary>
    public IReadOnlyList<string> Errors => _run.Value ? _state.Errors : [];

    /// <summary>Checks the syntax tree and, if nothing is wrong, reads the blocks and tests. No It runs.</summary>
    public static PesterFile Discover(string path, string? module)
    {
        PesterFile file = new(path, module);
        try
        {
            file.Discover();
        }
        catch (RuntimeException exception)
        {
            file.Refuse([$"{path}: {ErrorText.Of(exception.ErrorRecord)}"]);
        }
        return file;
    }

    private void Discover()
    {
        string text = File.ReadAllText(_path);
        string[] problems = [.. new ScriptCheck(_runspace.Value).Problems(_path, text), .. TestFileCheck.Problems(_path, text)];
        if (problems.Length > 0)
        {
            Refuse(problems);
            return;
        }
        using PowerShell discovery = PowerShell.Create(_runspace.Value);
        discovery.AddScript("param($______path) try { & $______path } catch { return $_ } ; 'read to the end'", useLocalScope: true).AddArgument(_path);
        PSObject? end = discovery.Invoke().LastOrDefault();
        if (end?.BaseObject is ErrorRecord error)
        {
            Refuse([$"Discovery failed: {ErrorText.Of(error)}"]);
            return;
        }
        if (end?.BaseObject is not string)
        {
            Refuse([$"{_path}: discovery was left by break, continue or exit."]);
            return;
        }
        Tests = [.. _state.Root.Tests];
        if (Tests.Count == 0)
        {
            Refuse([$"{_path}: the file holds no test."]);
        }
    }

    private void Refuse(IEnumerable<string> problems)
    {
        _state.Errors.AddRange(problems);
        Tests = [];
    }

    private bool Run()
    {
        if (Tests.Any(test => !test.Skip))
        {
            RunTests();
        }
        foreach (PesterTest test in Tests.Where(test => test.Outcome == PesterOutcome.NotRun))
        {
            test.Fail("The test did not run: the run of the file ended before it.");
        }
        if (_runspace.IsValueCreated)
        {
            _runspace.Value.Dispose();
        }
        return true;
    }

    private void RunTests()
    {
        using TestDrive drive = new();
        drive.Map(_runspace.Value);
        _state.Drive = drive;
        _state.Phase = PesterPhase.Run;
        using PowerShell run = PowerShell.Create(_runspace.Value);
        run.Streams.Error.DataAdded += (_, added) => _state.CurrentTest?.NoteErrorWritten(run.Streams.Error[added.Index]);
        run.AddScript(s_run, useLocalScope: true).AddArgument(_state).AddArgument(_state.Root);
        try
        {
            run.Invoke();
        }
        catch (RuntimeException exception)
        {
            _state.Errors.Add($"{_path}: the run ended early: {ErrorText.Of(exception.ErrorRecord)}");
        }
    }

    private static string ReadRunScript()
    {
        using StreamReader script = new(Assembly.GetExecutingAssembly().GetManifestResourceStream("Run.ps1")!);
        return script.ReadToEnd();
    }
}
