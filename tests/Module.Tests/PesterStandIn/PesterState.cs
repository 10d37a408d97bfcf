using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn;

public enum PesterPhase
{
    Discovery,
    Run,
}

/// <summary>What the stand-in's commands know of the file they stand in; one per runspace, in a variable of it.</summary>
public sealed class PesterState
{
    public const string VariableName = "______PesterStandIn";

    private const string LeftEarly = "it was left by break, continue or exit.";
    private readonly Stack<IReadOnlySet<string>> _driveContents = new();

    public PesterState() => Current = Root;

    public PesterPhase Phase { get; set; } = PesterPhase.Discovery;

    public PesterBlock Root { get; } = new("", parent: null, PesterData.None, skip: false);

    /// <summary>The block whose body is being read, or that is being run.</summary>
    public PesterBlock Current { get; private set; }

    public PesterTest? CurrentTest { get; private set; }

    /// <summary>Errors of the file as a whole: discovery, or a teardown of a block.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>There while the tests run.</summary>
    internal TestDrive? Drive { get; set; }

    internal static PesterState Of(PSCmdlet command) =>
        (PesterState)command.SessionState.PSVariable.GetValue(VariableName);

    /// <summary>Refuses a command of discovery once the tests run.</summary>
    internal void RequireDiscovery(string command)
    {
        if (Phase != PesterPhase.Discovery)
        {
            throw new PesterUsageException($"{command} stands inside an It or a setup: it belongs in the body of a Describe or Context.");
        }
    }

    internal void Within(PesterBlock block, Action body)
    {
        PesterBlock before = Current;
        Current = block;
        try
        {
            body();
        }
        finally
        {
            Current = before;
        }
    }

    // Called by Run.ps1, in the scope where the variables are to be.
    public void Bind(PesterData data, EngineIntrinsics engine)
    {
        foreach ((string name, object? value) in data.Variables)
        {
            engine.SessionState.PSVariable.Set(name, value);
        }
    }

    public void EnterBlock(PesterBlock block, EngineIntrinsics engine)
    {
        Current = block;
        _driveContents.Push(Drive?.Contents ?? new HashSet<string>());
        Bind(block.Data, engine);
    }

    public void LeaveBlock(PesterBlock block)
    {
        string name = block.Parent is null ? "the file" : $"'{block.Name}'";
        if (!block.IsSetUp)
        {
            string why = $"BeforeAll of {name} failed: {block.SetupFailure ?? LeftEarly}";
            foreach (PesterTest test in block.Tests.Where(test => !test.Skip))
            {
                test.Fail(why);
            }
        }
        if (block.AfterAll is not null && !block.IsTornDown)
        {
            Errors.Add($"AfterAll of {name} failed: {block.TeardownFailure ?? LeftEarly}");
        }
        Drive?.RemoveAllBut(_driveContents.Pop());
        Current = block.Parent ?? block;
    }

    public void EnterTest(PesterTest test, EngineIntrinsics engine)
    {
        CurrentTest = test;
        Bind(test.Data, engine);
    }

    public void LeaveTest(PesterTest test)
    {
        CurrentTest = null;
        test.Finish();
    }
}
