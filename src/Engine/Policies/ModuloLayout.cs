namespace ReuseportPS.Engine.Policies;

/// <summary><c>modulo:</c> a number, modulo the number of workers.</summary>
/// <param name="Number">The number.</param>
/// <param name="To">The workers' slots, ascending; none given means all slots of the group.</param>
public sealed record ModuloLayout(IdField Number, EquatableArray<SlotItem> To) : IdLayout
{
    internal override int Size => Number.At + Number.Bytes;

    internal override EquatableArray<SlotItem> Workers => To;
}
