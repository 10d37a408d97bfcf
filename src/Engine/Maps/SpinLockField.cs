namespace ReuseportPS.Engine.Maps;

/// <summary>Copies of values with a <c>struct bpf_spin_lock</c> in them (<c>copy_map_value</c>): the lock itself is never written and reads as 0.</summary>
internal static class SpinLockField
{
    /// <summary>Bytes of a lock.</summary>
    public const int Size = 4;

    /// <summary>Writes a value, and leaves the lock as it is.</summary>
    public static void Write(MapSpec spec, Span<byte> destination, ReadOnlySpan<byte> value)
    {
        if (spec.SpinLockOffset is int offset)
        {
            value[..offset].CopyTo(destination);
            value[(offset + Size)..].CopyTo(destination[(offset + Size)..]);
        }
        else
        {
            value.CopyTo(destination);
        }
    }

    /// <summary>Reads a value, with 0 for the lock.</summary>
    public static void Read(MapSpec spec, ReadOnlySpan<byte> source, Span<byte> value)
    {
        source.CopyTo(value);
        if (spec.SpinLockOffset is int offset)
        {
            value.Slice(offset, Size).Clear();
        }
    }
}
