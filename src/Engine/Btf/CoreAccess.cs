namespace ReuseportPS.Engine.Btf;

/// <summary>A way from a type to one of its fields: the named members and array indices passed, and the distance.</summary>
internal sealed class CoreAccess(int rootTypeId)
{
    private readonly List<CoreAccessStep> _steps = [];

    internal int RootTypeId => rootTypeId;

    internal long BitOffset { get; set; }

    internal IReadOnlyList<CoreAccessStep> Steps => _steps;

    internal CoreAccessStep LastStep => _steps[^1];

    internal void Add(CoreAccessStep step) => _steps.Add(step);
}
