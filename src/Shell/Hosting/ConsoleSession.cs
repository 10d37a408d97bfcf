using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace ReuseportPS.Shell.Hosting;

/// <summary>A runspace on the console: runs script files, commands and the prompt, and says the exit code.</summary>
internal sealed class ConsoleSession : IDisposable
{
    private readonly ConsoleHost _host;
    private readonly ConsoleUserInterface _ui;
    private readonly Runspace _runspace;
    private readonly Lock _lock = new();
    private Pipeline? _running;
    private bool _interrupted;

    /// <summary>Opens the runspace; the module is imported.</summary>
    public ConsoleSession(InitialSessionState state, bool nonInteractive)
    {
        _ui = new ConsoleUserInterface(nonInteractive);
        _host = new ConsoleHost(_ui);
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        Console.CancelKeyPress += Interrupt;
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= Interrupt;
        _runspace.Dispose();
    }

    /// <summary>Runs a script file as pwsh -File does.</summary>
    public int RunFile(string path, IEnumerable<CommandParameter> arguments)
    {
        // A file of another name (a shebang script) is not found as a command, so its text is run.
        Command script = path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)
            ? new Command(path, isScript: false, useLocalScope: false)
            : new Command(File.ReadAllText(path), isScript: true, useLocalScope: false);
        foreach (CommandParameter argument in arguments)
        {
            script.Parameters.Add(argument);
        }

        EngineInternals.LetNextScriptExitTheSession(_runspace);
        Pipeline pipeline = _runspace.CreatePipeline();
        pipeline.Commands.Add(script);
        return ExitCodeAfter(RunAndReport(pipeline));
    }

    /// <summary>Runs text as pwsh -Command does.</summary>
    public int RunCommand(string text) => ExitCodeAfter(RunText(text));

    /// <summary>Reads statements and runs each, until the input ends or a statement leaves the session.</summary>
    public int RunLines(ILineSource input)
    {
        Exception? problem = null;
        while (_host.ExitRequested is null && (input.IsInteractive || !_interrupted) && ReadStatement(input) is { } statement)
        {
            if (!string.IsNullOrWhiteSpace(statement))
            {
                _interrupted = false;
                problem = RunText(statement);
            }
        }

        // At a prompt an interrupted command is one among others.
        _interrupted &= !input.IsInteractive;
        return ExitCodeAfter(problem);
    }

    /// <summary>Lines from a terminal, with a prompt.</summary>
    public ILineSource TerminalLines() => _ui.SupportsVirtualTerminal ? new LineEditor(_runspace) : new StreamLines(showsPrompt: true, isInteractive: true);

    /// <summary>Writes a line of the host's own.</summary>
    public void WriteLine(string line) => _ui.WriteLine(line);

    private string? ReadStatement(ILineSource input)
    {
        string? statement = input.ReadLine(PromptText, out _);
        while (statement is not null && IsIncomplete(statement))
        {
            string? next = input.ReadLine(() => ">> ", out bool cancelled);
            if (next is null)
            {
                // Running what is there says what is missing.
                break;
            }

            statement = cancelled ? "" : statement + "\n" + next;
        }

        return statement;
    }

    private Exception? RunText(string text)
    {
        ParseError[] errors = ErrorsIn(text);
        if (errors.Length == 0)
        {
            return RunAndReport(_runspace.CreatePipeline(text, addToHistory: true));
        }

        // The engine's own exception for incomplete text has no position.
        ParseException problem = new(errors);
        Report(problem);
        return problem;
    }

    private static bool IsIncomplete(string statement) => ErrorsIn(statement) is [{ IncompleteInput: true }, ..];

    private static ParseError[] ErrorsIn(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return errors;
    }

    private string PromptText()
    {
        if (!_ui.IsAtLineStart)
        {
            _ui.WriteLine();
        }

        using Pipeline pipeline = _runspace.CreatePipeline("prompt");
        try
        {
            string text = string.Concat(pipeline.Invoke().Select(part => part?.BaseObject));
            return text.Length > 0 ? text : "PS>";
        }
        catch (RuntimeException)
        {
            return "PS>";
        }
    }

    private Exception? RunAndReport(Pipeline pipeline)
    {
        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        Exception? problem = Run(pipeline);
        if (problem is not null and not PipelineStoppedException)
        {
            Report(problem);
        }

        return problem;
    }

    private Exception? Run(Pipeline pipeline)
    {
        lock (_lock)
        {
            _running = pipeline;
        }

        try
        {
            pipeline.Invoke();
            return null;
        }
        catch (Exception problem)
        {
            // Whatever a script did, the session goes on and says it.
            return problem;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
            }

            _ui.HideProgress();
            pipeline.Dispose();
        }
    }

    private void Report(Exception problem)
    {
        ErrorRecord error = (problem as IContainsErrorRecord)?.ErrorRecord ?? new ErrorRecord(problem, "ConsoleHost.ReportException", ErrorCategory.NotSpecified, targetObject: null);
        Pipeline pipeline = _runspace.CreatePipeline();
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        pipeline.Input.Write(EngineInternals.AsErrorOutput(error));
        if (Run(pipeline) is not null)
        {
            _ui.WriteErrorLine(problem.Message);
        }
    }

    private int ExitCodeAfter(Exception? problem)
    {
        if (_interrupted)
        {
            return ExitCode.Interrupted;
        }

        if (_host.ExitRequested is { } code)
        {
            return code;
        }

        return problem is null && LastCommandSucceeded() ? ExitCode.Success : ExitCode.Failure;
    }

    private bool LastCommandSucceeded()
    {
        using Pipeline pipeline = _runspace.CreatePipeline("$global:?");
        return pipeline.Invoke() is [var result] && LanguagePrimitives.IsTrue(result);
    }

    private void Interrupt(object? sender, ConsoleCancelEventArgs e)
    {
        lock (_lock)
        {
            // The second Ctrl+C ends the process whatever the command does about the first.
            if (_running is null || _interrupted)
            {
                return;
            }

            _interrupted = true;
            e.Cancel = true;
            _running.StopAsync();
        }
    }
}
