namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>
/// How a program is run for several contexts at once, one in each lane of vectors. There are no branches: all of the program is computed in all lanes, and
/// where ways join, each lane takes what the way that it went has made. So only what can be done without an effect, and without a fault, is fit for it.
/// </summary>
internal sealed class LanePlan
{
    // A bit for each.
    private const int MostBlocks = 64;

    private readonly PreparedProgram _prepared;
    private bool _isFit = true;

    private LanePlan(PreparedProgram prepared, int lanes)
    {
        _prepared = prepared;
        Lanes = lanes;
    }

    /// <summary>Contexts at a time: 16 or 8.</summary>
    public int Lanes { get; }

    public ValueBlock[] Blocks => _prepared.Blocks;

    /// <summary>The values to be computed.</summary>
    public HashSet<Value> Needed { get; } = [];

    /// <summary>Values that rotate 32 bits to the left.</summary>
    public Dictionary<Value, (Value Of, int By)> Rotations { get; } = [];

    public LaneWords Words { get; private set; } = null!;

    /// <summary>For each block the first one that the same lanes go through.</summary>
    public int[] MaskOf { get; private set; } = [];

    /// <summary>Bytes of each context that are loaded.</summary>
    public int ContextLength => Math.Max(Words.ContextLength, _prepared.ReadContext);

    /// <summary>The budget with which no run ends early.</summary>
    public long LeastBudget => _prepared.Graph.LongestWay;

    /// <summary>The widest plan for this processor.</summary>
    /// <returns>Null when the program is not fit for lanes, or not expected to gain by them.</returns>
    public static LanePlan? Make(PreparedProgram prepared) =>
        Lanes512.IsSupported ? Make(prepared, Lanes512.Count) : Lanes256.IsSupported ? Make(prepared, Lanes256.Count) : null;

    /// <summary>Offset in the context of a load.</summary>
    public static int OffsetOf(Value load) => (int)ValueAnalysis.Of(load.Arguments[0]).Low;

    /// <summary>Whether arithmetic is done with the lower halves of the operands.</summary>
    public static bool IsNarrow(Value arithmetic) => arithmetic.Is32 || (!arithmetic.IsWide && CodeGenerator.WorksInLowerHalf(arithmetic));

    /// <summary>What a value is computed from.</summary>
    public ReadOnlySpan<Value> OperandsOf(Value value) =>
        Rotations.TryGetValue(value, out (Value Of, int By) rotation) ? new Value[] { rotation.Of } : value.Kind == ValueKind.Load ? [] : value.Arguments;

    private static LanePlan? Make(PreparedProgram prepared, int lanes)
    {
        LanePlan plan = new(prepared, lanes);
        if (prepared.Graph.HasLoops || prepared.NeedsItem || prepared.Plan.Cleared.Count > 0 || prepared.Blocks.Length > MostBlocks)
        {
            return null;
        }

        plan.FindNeeded();
        if (!plan._isFit)
        {
            return null;
        }

        plan.Words = LaneWords.Make(plan.Needed.Where(value => value.Kind == ValueKind.Load).Select(load => (OffsetOf(load), load.Size)), prepared.ReadContext);
        plan.ShareMasks();
        return LaneCost.IsWorthIt(plan) ? plan : null;
    }

    private void FindNeeded()
    {
        foreach (ValueBlock block in Blocks)
        {
            _isFit &= block.Block.End != BlockEnd.Interpret;
            foreach (Value value in block.Values)
            {
                switch (value.Kind)
                {
                    case ValueKind.Store or ValueKind.Atomic or ValueKind.Call or ValueKind.Lookup:
                    case ValueKind.Load when value.Mode != AccessMode.Proven || ValueAnalysis.Of(value.Arguments[0]).Place!.Kind != PlaceKind.Context:
                        _isFit = false;
                        return;
                    case ValueKind.Select:
                        Need(value);
                        break;
                }
            }

            foreach (Value? value in (ReadOnlySpan<Value?>)[block.Left, block.Right])
            {
                if (value is not null)
                {
                    Need(value);
                }
            }
        }
    }

    private void Need(Value value)
    {
        value = value.Root();
        if (value.IsFixed || value.Kind == ValueKind.Argument || !Needed.Add(value))
        {
            return;
        }

        if (LaneRotation.Find(value) is (Value, int) rotation)
        {
            Rotations.Add(value, rotation);
        }

        _isFit &= !IsWideDivision(value);
        foreach (Value operand in OperandsOf(value))
        {
            Need(operand);
        }
    }

    private static bool IsWideDivision(Value value) =>
        value.Kind == ValueKind.Arithmetic && !IsNarrow(value)
        && value.Operation is Operation.DivideImmediate64 or Operation.ModuloImmediate64 or Operation.SignedDivideImmediate64 or Operation.SignedModuloImmediate64;

    private void ShareMasks()
    {
        ulong[] after = new ulong[Blocks.Length];
        for (int i = Blocks.Length - 1; i >= 0; i--)
        {
            after[i] = ulong.MaxValue;
            foreach (BasicBlock successor in Blocks[i].Block.Successors)
            {
                after[i] &= after[successor.Order];
            }

            after[i] = Blocks[i].Block.Successors.Count == 0 ? 1UL << i : after[i] | 1UL << i;
        }

        MaskOf = new int[Blocks.Length];
        for (int i = 1; i < Blocks.Length; i++)
        {
            // Where each way from a block leads through another, and none leads there past it, the same lanes go through both.
            BasicBlock dominator = Blocks[i].Block.Dominator!;
            MaskOf[i] = (after[dominator.Order] >> i & 1) != 0 ? MaskOf[dominator.Order] : i;
        }
    }
}
