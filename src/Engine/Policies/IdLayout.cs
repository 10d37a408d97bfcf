namespace ReuseportPS.Engine.Policies;

/// <summary>How the slot is found in a connection id.</summary>
public abstract record IdLayout
{
    /// <summary>First byte of the id that is looked at.</summary>
    internal virtual int From => 0;

    /// <summary>How many bytes are looked at.</summary>
    internal abstract int Size { get; }

    /// <summary>The slots of the workers that are numbered; none given means all slots of the group.</summary>
    internal virtual EquatableArray<SlotItem> Workers => [];
}
