namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A block with its values: phis, then those that were made for its instructions, in order.</summary>
internal sealed class ValueBlock(BasicBlock block)
{
    public BasicBlock Block { get; } = block;

    public List<Value> Phis { get; } = [];

    public List<Value> Values { get; } = [];

    /// <summary>Left side of the comparison at its end, or the result of the run.</summary>
    public Value? Left { get; set; }

    public Value? Right { get; set; }

    /// <summary>The comparison, as the 64-bit immediate of its four.</summary>
    public Operation Comparison { get; set; }

    /// <summary>It compares the lower halves.</summary>
    public bool CompareIs32 { get; set; }

    /// <summary>It asks whether a lookup found something.</summary>
    public bool IsNullTest => !CompareIs32 && (Comparison is Operation.EqualImmediate64 or Operation.NotEqualImmediate64)
        && Right?.Resolve() is { Kind: ValueKind.Constant, Constant: 0 }
        && ValueAnalysis.Of(Left!).Place is { Kind: PlaceKind.Row } && Left!.Root().Kind is ValueKind.Lookup or ValueKind.Phi;

    /// <summary>State for the interpreter: at the beginning of a loop header, or where a block is left to it.</summary>
    public MachineState? State { get; set; }

    /// <summary>Values of the variables at its end.</summary>
    public Value[] Exit { get; set; } = [];
}
