using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>What a Describe or Context holds after discovery, and the invisible block around a whole file.</summary>
public sealed class PesterBlock(string name, PesterBlock? parent, PesterData data, bool skip)
{
    private readonly Dictionary<SetupKind, ScriptBlock> _setups = [];

    public string Name { get; } = name;

    public PesterBlock? Parent { get; } = parent;

    public PesterData Data { get; } = data;

    /// <summary>Tests and blocks in the order of the file.</summary>
    public List<object> Children { get; } = [];

    public IEnumerable<PesterTest> Tests =>
        Children.SelectMany(child => child is PesterBlock block ? block.Tests : [(PesterTest)child]);

    /// <summary>This block and those around it, outermost first.</summary>
    public IEnumerable<PesterBlock> Lineage => Parent is null ? [this] : Parent.Lineage.Append(this);

    /// <summary>Skipped itself, or in something skipped.</summary>
    public bool Skip { get; } = skip || parent is { Skip: true };

    /// <summary>Tests that run and blocks that hold one; as in Pester, what is skipped throughout has no setup run for it.</summary>
    public IReadOnlyList<object> Runnable =>
        [.. Children.Where(child => child is PesterBlock block ? block.Tests.Any(test => !test.Skip) : !((PesterTest)child).Skip)];

    public ScriptBlock? BeforeAll => Setup(SetupKind.BeforeAll);

    public ScriptBlock? AfterAll => Setup(SetupKind.AfterAll);

    /// <summary>Whether BeforeAll reached its end.</summary>
    public bool IsSetUp { get; set; }

    /// <summary>Whether AfterAll reached its end.</summary>
    public bool IsTornDown { get; set; }

    /// <summary>What ended BeforeAll early.</summary>
    public string? SetupFailure { get; private set; }

    /// <summary>What ended AfterAll early.</summary>
    public string? TeardownFailure { get; private set; }

    public void FailSetup(ErrorRecord error) => SetupFailure = ErrorText.Of(error);

    public void FailTeardown(ErrorRecord error) => TeardownFailure = ErrorText.Of(error);

    public ScriptBlock? Setup(SetupKind kind) => _setups.GetValueOrDefault(kind);

    /// <summary>The setups of the blocks around are known only when the file has been read: a test asks for them when it runs.</summary>
    public void AddTest(string name, ScriptBlock body, PesterData data, bool skip) => Children.Add(new PesterTest(name, this, body, data, skip));

    public void AddSetup(SetupKind kind, ScriptBlock body)
    {
        if (!_setups.TryAdd(kind, body))
        {
            throw new PesterUsageException($"A second {kind} in {(Parent is null ? "the file" : $"'{Name}'")}: a block has one setup of each kind; join the two.");
        }
    }
}
