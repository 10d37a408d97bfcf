namespace ReuseportPS.Engine.Maps;

/// <summary>
/// Hands out places in a <see cref="MemoryRegion"/> for values that come and go, by number from 0; the memory grows as it is needed, up to a limit. A value
/// has one row, or one for each CPU: its number times the rows of each is its first.
/// </summary>
internal sealed class RowPool
{
    private readonly BpfMap _map;
    private readonly int _rowsPerValue;
    private readonly int _limit;
    private readonly Stack<int> _free = [];
    private int _capacity;
    private int _used;

    /// <summary>A pool over the empty region of a map's values.</summary>
    /// <param name="map">The map.</param>
    /// <param name="rowsPerValue">Rows of each value: 1, or the number of CPUs.</param>
    /// <param name="spare">Values beyond the map's largest number that exist while one is replaced.</param>
    public RowPool(BpfMap map, int rowsPerValue, int spare)
    {
        _map = map;
        _rowsPerValue = rowsPerValue;
        _limit = (int)Math.Min((long)map.Spec.MaxEntries + spare, MemoryRegion.MostRows(Math.Max(map.Spec.ValueSize, 2 * map.Spec.KeySize)) / rowsPerValue);
        Grow(Math.Min(_limit, 8));
    }

    /// <summary>Whether another value can be held: false only at the 2 GiB that an array of .NET holds.</summary>
    public bool HasRoom => _free.Count > 0 || _used < _limit;

    /// <summary>A value's place that is in use by no other. It holds what the last value left.</summary>
    public int Allocate()
    {
        if (_free.TryPop(out int value))
        {
            return value;
        }

        if (_used == _capacity)
        {
            Grow((int)Math.Min(_limit, 2L * _capacity));
        }

        return _used++;
    }

    /// <summary>Gives a place back. A program that points at it still may; it is the next to be handed out, as with the kernel's preallocated elements.</summary>
    public void Free(int value) => _free.Push(value);

    private void Grow(int capacity)
    {
        _capacity = capacity;
        _map.Values.SetRows(capacity * _rowsPerValue, _map.Spec.ValueSize, _map.ProgramsMayRead, _map.ProgramsMayWrite);
    }
}
