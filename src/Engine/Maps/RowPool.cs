namespace ReuseportPS.Engine.Maps;

/// <summary>Hands out rows of a <see cref="MemoryRegion"/> for values that come and go; the memory grows as it is needed, up to a limit.</summary>
internal sealed class RowPool
{
    private readonly MemoryRegion _region;
    private readonly int _rowSize;
    private readonly int _rowsPerValue;
    private readonly int _limit;
    private readonly bool _readable;
    private readonly bool _writable;
    private readonly Stack<int> _free = [];
    private int _capacity;
    private int _used;

    /// <summary>A pool over an empty region.</summary>
    /// <param name="region">Region to fill.</param>
    /// <param name="spec">Size and access of the values.</param>
    /// <param name="rowsPerValue">Rows of each value: 1, or the number of CPUs.</param>
    /// <param name="spare">Values beyond the map's largest number that exist while one is replaced.</param>
    public RowPool(MemoryRegion region, MapSpec spec, int rowsPerValue, int spare)
    {
        _region = region;
        _rowSize = spec.ValueSize;
        _rowsPerValue = rowsPerValue;
        _limit = spec.MaxEntries + spare;
        _readable = !spec.Flags.HasFlag(MapFlags.WriteOnlyProgram);
        _writable = !spec.Flags.HasFlag(MapFlags.ReadOnlyProgram);
        Grow(Math.Min(_limit, 8));
    }

    /// <summary>First row of a value that is in use by no other. The rows hold what the last value left.</summary>
    public int Allocate()
    {
        if (_free.TryPop(out int value))
        {
            return value * _rowsPerValue;
        }

        if (_used == _capacity)
        {
            Grow((int)Math.Min(_limit, 2L * _capacity));
        }

        return _used++ * _rowsPerValue;
    }

    /// <summary>Gives a value back. A program that points at it still may; it is the next to be handed out, as with the kernel's preallocated elements.</summary>
    public void Free(int firstRow) => _free.Push(firstRow / _rowsPerValue);

    private void Grow(int capacity)
    {
        _capacity = capacity;
        _region.SetRows(capacity * _rowsPerValue, _rowSize, _readable, _writable);
    }
}
