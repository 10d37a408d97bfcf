namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A function at one place of the call tree: local calls are laid out in line, so that each call has a function, and a stack frame, of its own.</summary>
internal sealed record FunctionInstance(int Number, FunctionInstance? Caller, int Entry, int ReturnTo)
{
    public int Depth { get; } = Caller is null ? 0 : Caller.Depth + 1;

    /// <summary>Whether this frame exists while <paramref name="other"/> runs.</summary>
    public bool IsActiveIn(FunctionInstance other)
    {
        for (FunctionInstance? function = other; function is not null; function = function.Caller)
        {
            if (ReferenceEquals(function, this))
            {
                return true;
            }
        }

        return false;
    }
}
