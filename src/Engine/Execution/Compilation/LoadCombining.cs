namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Finds numbers that are put together from single bytes, which is how a program reads a field at any alignment and in the network's order: one load, and perhaps
/// a swap, does the same. Lanes load bytes all the same.
/// </summary>
internal static class LoadCombining
{
    private const int MostBytes = 8;

    public static void Run(ValueBlock[] blocks)
    {
        Dictionary<Value, int> uses = UseCounts.Of(blocks);
        HashSet<Value> inner = [];
        foreach (ValueBlock block in blocks)
        {
            // The outermost first.
            for (int i = block.Values.Count - 1; i >= 0; i--)
            {
                Value value = block.Values[i];
                if (value is { Same: null, Kind: ValueKind.Arithmetic, Operation: Operation.OrImmediate64 } && !inner.Contains(value))
                {
                    Combine(value, block, uses, inner);
                }
            }
        }
    }

    private static void Combine(Value root, ValueBlock block, Dictionary<Value, int> uses, HashSet<Value> inner)
    {
        List<(Value Load, int Shift)> bytes = [];
        List<Value> between = [];
        if (!Collect(root, 0, 64) || bytes.Count is not (2 or 4 or MostBytes))
        {
            return;
        }

        bytes.Sort(static (one, other) => one.Shift.CompareTo(other.Shift));
        Fact lowest = ValueAnalysis.Of(bytes[0].Load.Arguments[0]);
        int direction = ValueAnalysis.Of(bytes[1].Load.Arguments[0]).Low > lowest.Low ? 1 : -1;
        for (int i = 0; i < bytes.Count; i++)
        {
            (Value load, int shift) = bytes[i];
            Fact address = ValueAnalysis.Of(load.Arguments[0]);
            if (shift != 8 * i || !ReferenceEquals(address.Place, lowest.Place) || address.Low != address.High || address.Low != lowest.Low + direction * i
                || !ReferenceEquals(BaseOf(load.Arguments[0]), BaseOf(bytes[0].Load.Arguments[0])))
            {
                return;
            }
        }

        int first = bytes.Min(one => block.Values.IndexOf(one.Load));
        for (int i = first; i < block.Values.IndexOf(root); i++)
        {
            if (block.Values[i].Kind is ValueKind.Store or ValueKind.Atomic or ValueKind.Call)
            {
                return;
            }
        }

        root.Combined = new CombinedLoad(direction > 0 ? bytes[0].Load : bytes[^1].Load, bytes.Count, IsSwapped: direction < 0);
        inner.UnionWith(between);
        foreach ((Value load, _) in bytes)
        {
            load.IsCombined = true;
        }

        // Whether a value is bytes at places below a limit, wanted by nobody but the root.
        bool Collect(Value value, int shift, int limit)
        {
            value = value.Resolve();
            if (!ReferenceEquals(value, root) && (uses[value] != 1 || !ReferenceEquals(value.Block, root.Block)))
            {
                return false;
            }

            limit = value.Is32 ? Math.Min(limit, shift + 32) : limit;
            switch (value)
            {
                case { Kind: ValueKind.Load, Size: 1, Mode: AccessMode.Proven, Operation: Operation.Load8 }:
                    bytes.Add((value, shift));
                    return bytes.Count <= MostBytes && shift + 8 <= limit;
                case { Kind: ValueKind.Arithmetic, Operation: Operation.OrImmediate64 }:
                    between.Add(value);
                    return Collect(value.Arguments[0], shift, limit) && Collect(value.Arguments[1], shift, limit);
                case { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftLeftImmediate64 } when value.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong by }:
                    return Collect(value.Arguments[0], shift + ((int)by & (value.Is32 ? 31 : 63)), limit);
                default:
                    return false;
            }
        }
    }

    // The lookup, or what else, that a pointer is made from; null for an address known in advance.
    private static Value? BaseOf(Value pointer)
    {
        pointer = pointer.Root();
        while (pointer.Kind == ValueKind.Arithmetic)
        {
            pointer = (ValueAnalysis.Of(pointer.Arguments[0]).Place is not null ? pointer.Arguments[0] : pointer.Arguments[1]).Root();
        }

        return pointer.IsFixed ? null : pointer;
    }
}
