namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>How a block ends.</summary>
internal enum BlockEnd
{
    /// <summary>Goes on in its only successor.</summary>
    Next,

    /// <summary>Its last instruction is a comparison; the successors are (next, taken).</summary>
    Branch,

    /// <summary>Its last instruction calls the function that its only successor begins.</summary>
    Call,

    /// <summary>Its last instruction returns to its only successor, or, without one, ends the run.</summary>
    Exit,

    /// <summary>The instruction after its last is left to the interpreter, and so is the rest of the run.</summary>
    Interpret,
}
