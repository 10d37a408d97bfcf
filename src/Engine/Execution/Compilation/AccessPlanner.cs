namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Decides how each access reaches its memory.</summary>
internal static class AccessPlanner
{
    private const long MostContext = 4096;

    public static void Run(ValueBlock[] blocks, LoadedProgram program)
    {
        foreach (ValueBlock block in blocks)
        {
            foreach (Value value in block.Values)
            {
                if (value.Kind is ValueKind.Load or ValueKind.Store or ValueKind.Atomic)
                {
                    value.Mode = ModeOf(value, program);
                    if (value.Mode == AccessMode.Proven && value.Place?.Kind != PlaceKind.Packet)
                    {
                        // It never leaves the compiled form.
                        value.State = null;
                    }
                }
            }
        }
    }

    /// <summary>Whether the offset of an access in its place is known, so that its address need not be computed.</summary>
    public static bool IsAtKnownOffset(Value access) =>
        access.Mode == AccessMode.Guarded && ValueAnalysis.Of(access.Arguments[0]) is Fact address && address.Low == address.High && Math.Abs(address.Low) < ValueAnalysis.Unbounded;

    private static AccessMode ModeOf(Value access, LoadedProgram program)
    {
        Fact address = ValueAnalysis.Of(access.Arguments[0]);
        if (address.Place is not Place place || address.MayBeNull)
        {
            return AccessMode.Search;
        }

        bool writes = access.Kind != ValueKind.Load;
        bool fits = address.Low >= 0 && address.High + access.Size <= place.Size;
        switch (place.Kind)
        {
            case PlaceKind.Stack:
                return !place.Function!.IsActiveIn(access.Block.Function) ? AccessMode.Search : fits ? AccessMode.Proven : AccessMode.Guarded;
            case PlaceKind.Context:
                return address.Low >= 0 && address.Low == address.High && address.High + access.Size <= MostContext ? AccessMode.Proven : AccessMode.Guarded;
            case PlaceKind.Packet:
                return AccessMode.Guarded;
            case PlaceKind.Value or PlaceKind.Row:
                return fits && program.Maps[place.Map].Values.Allows(writes) ? AccessMode.Proven : AccessMode.Search;
            default:
                return AccessMode.Search;
        }
    }
}
