namespace ReuseportPS.Engine.Policies;

/// <summary><c>generation:</c> and <c>worker:</c> the number of a generation, and of a worker in it.</summary>
/// <param name="Generation">The number of the generation, at most 8 bits.</param>
/// <param name="Worker">The number of the worker.</param>
/// <param name="Generations">The slots of each generation; its worker 0 has the first.</param>
public sealed record GenerationLayout(IdField Generation, IdField Worker, EquatableArray<NumberedSlots> Generations) : IdLayout
{
    /// <summary>Most bits of the number of a generation.</summary>
    public const int MostBits = 8;

    internal override int Size => Math.Max(Generation.At + Generation.Bytes, Worker.At + Worker.Bytes);
}
