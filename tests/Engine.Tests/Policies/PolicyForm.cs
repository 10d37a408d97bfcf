namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>How a policy program is run.</summary>
public enum PolicyForm
{
    /// <summary>By the interpreter.</summary>
    Interpreted,

    /// <summary>Compiled, one run after the other.</summary>
    Single,

    /// <summary>Compiled and bound to its contexts.</summary>
    Bound,

    /// <summary>Compiled, all packets in one call.</summary>
    Batch,
}
