namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>The shapes that the code of a program is written in.</summary>
internal enum CodeForm
{
    /// <summary>One run on a machine that the host has prepared: <see cref="SingleRun"/>.</summary>
    Single,

    /// <summary>One run for a <see cref="BoundProgram"/>, with as little around it as there can be: <see cref="BoundProgram.RunCode"/>.</summary>
    Bound,

    /// <summary>A run for each item of a batch: <see cref="BatchRun"/>.</summary>
    Batch,
}
