namespace ReuseportPS.Engine.Policies;

/// <summary><c>worker:</c> the number of a worker. Worker 0 has the first slot of the list.</summary>
/// <param name="Worker">The number.</param>
/// <param name="To">The workers' slots, ascending; none given means all slots of the group.</param>
public sealed record WorkerLayout(IdField Worker, EquatableArray<SlotItem> To) : IdLayout
{
    internal override int Size => Worker.At + Worker.Bytes;

    internal override EquatableArray<SlotItem> Workers => To;
}
