namespace ReuseportPS.Engine.Execution;

/// <summary>What the interpreter does beside running. A type argument, so that each mode is compiled apart.</summary>
internal interface IInterpreterMode
{
    /// <summary>Whether each instruction is counted against the budget by itself, as near its end; otherwise code in which some instructions are fused is run.</summary>
    static abstract bool CountsEach { get; }

    /// <summary>Whether each instruction is told to the tracer.</summary>
    static abstract bool Traces { get; }
}
