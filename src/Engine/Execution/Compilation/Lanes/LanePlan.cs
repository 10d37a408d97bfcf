using ReuseportPS.Engine.Maps;

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

    /// <summary>Words of the context.</summary>
    public LaneWords Words { get; private set; } = null!;

    /// <summary>For each lookup the words of its row; none where a row is 8 bytes, which are loaded together.</summary>
    public Dictionary<Value, LaneWords> RowWords { get; } = [];

    /// <summary>For each block the first one that the same lanes go through.</summary>
    public int[] MaskOf { get; private set; } = [];

    /// <summary>Bytes of each context that are loaded.</summary>
    public int ContextLength => Math.Max(Words.Length, _prepared.ReadContext);

    /// <summary>The budget with which no run ends early.</summary>
    public long LeastBudget => _prepared.Graph.LongestWay;

    /// <summary>The widest plan for this processor.</summary>
    /// <returns>Null when the program is not fit for lanes, or not expected to gain by them.</returns>
    public static LanePlan? Make(PreparedProgram prepared) =>
        Lanes512.IsSupported ? Make(prepared, Lanes512.Count) : Lanes256.IsSupported ? Make(prepared, Lanes256.Count) : null;

    /// <summary>Offset in the context, or in a row, of a load.</summary>
    public static int OffsetOf(Value load) => (int)ValueAnalysis.Of(load.Arguments[0]).Low;

    /// <summary>The lookup that found what is loaded from; null for the context.</summary>
    public static Value? LookupOf(Value load)
    {
        Value pointer = load.Arguments[0].Root();
        while (pointer.Kind == ValueKind.Arithmetic)
        {
            pointer = pointer.Arguments[ValueAnalysis.Of(pointer.Arguments[0]).Place is null ? 1 : 0].Root();
        }

        return pointer.Kind == ValueKind.Lookup ? pointer : null;
    }

    public MapSpec MapOf(Value value) => _prepared.Program.Maps[value.Map].Spec;

    /// <summary>Bytes from one row of a map to the next.</summary>
    public int StrideOf(Value lookup) => _prepared.Program.Maps[lookup.Map].Values.RowStride;

    public int ShiftOf(Value lookup) => _prepared.Program.Maps[lookup.Map].Values.RowShift;

    /// <summary>What a value is computed from.</summary>
    public ReadOnlySpan<Value> OperandsOf(Value value) =>
        Rotations.TryGetValue(value, out (Value Of, int By) rotation) ? new Value[] { rotation.Of }
        : value.Kind != ValueKind.Load ? value.Arguments
        : LookupOf(value) is Value lookup ? new Value[] { lookup } : [];

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

        plan.FindWords();
        plan.ShareMasks();
        return plan._isFit && LaneCost.IsWorthIt(plan) ? plan : null;
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
                    case ValueKind.Store or ValueKind.Atomic or ValueKind.Call:
                    case ValueKind.Lookup when MapOf(value).Type != MapType.Array:
                    case ValueKind.Load when value.Mode != AccessMode.Proven || !IsAtKnownPlace(value):
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

    private static bool IsAtKnownPlace(Value load)
    {
        Fact address = ValueAnalysis.Of(load.Arguments[0]);
        return address.Low == address.High && (address.Place!.Kind == PlaceKind.Context || (address.Place.Kind == PlaceKind.Row && LookupOf(load) is not null));
    }

    private void FindWords()
    {
        ILookup<Value?, (int, int)> loads = Needed.Where(value => value.Kind == ValueKind.Load).ToLookup(LookupOf, load => (OffsetOf(load), load.Size));
        Words = LaneWords.Make(loads[null], _prepared.ReadContext);
        foreach (IGrouping<Value?, (int, int)> ofRow in loads)
        {
            if (ofRow.Key is Value lookup && StrideOf(lookup) is int stride and > LaneWords.DoubleSize)
            {
                LaneWords words = LaneWords.Make(ofRow, stride);
                RowWords.Add(lookup, words);
                _isFit &= words.Length <= stride;
            }
        }
    }

    private static bool IsWideDivision(Value value) =>
        value.Kind == ValueKind.Arithmetic && !CodeGenerator.IsNarrow(value)
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
