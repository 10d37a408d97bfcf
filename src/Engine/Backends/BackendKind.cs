namespace ReuseportPS.Engine.Backends;

/// <summary>Where groups live.</summary>
public enum BackendKind
{
    /// <summary>The small Linux in memory.</summary>
    Simulator,

    /// <summary>The kernel this process runs on.</summary>
    Linux,
}
