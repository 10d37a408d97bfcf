using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// HASH and PERCPU_HASH (<c>kernel/bpf/hashtab.c</c>). An update of a key that is there replaces the element as a whole in HASH (a
/// pointer to the old value keeps reading the old value, and the key moves to the front of its bucket) and writes in place in PERCPU_HASH.
/// </summary>
internal sealed class HashMap : BpfMap
{
    private readonly ElementTable _table;
    private readonly RowPool _rows;
    private readonly bool _perCpu;
    private readonly ulong _knownFlags;
    private readonly int[] _spares;

    public HashMap(MapSpec spec, int cpuCount, uint seed)
        : base(spec, cpuCount)
    {
        _perCpu = spec.Type == MapType.PerCpuHash;
        _knownFlags = spec.SpinLockOffset is null ? 0 : (ulong)MapUpdateFlags.Lock;
        _table = new ElementTable(spec, seed);
        _spares = new int[_perCpu ? 0 : cpuCount];
        Array.Fill(_spares, ElementTable.None);
        _rows = new RowPool(this, _perCpu ? cpuCount : 1, spare: _spares.Length);
    }

    public override int UserValueSize => _perCpu ? PerCpuValue.UserSize(Spec, CpuCount) : Spec.ValueSize;

    public override bool HasProgramLookup => true;

    public override bool HasProgramUpdate => true;

    public override bool TryFindValue(ReadOnlySpan<byte> key, int cpu, out uint offset)
    {
        int element = _table.Find(key);
        offset = element < 0 ? 0 : Values.OffsetOf(_table.RowOf(element) + (_perCpu ? cpu : 0));
        return element >= 0;
    }

    public override Errno UpdateFromProgram(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu)
    {
        Errno refused = PlaceFor(key, flags, cpu, out int row, out bool isNew);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (_perCpu)
        {
            PerCpuValue.WriteOne(Values, row, CpuCount, cpu, value, isNew);
        }
        else
        {
            SpinLockField.Write(Spec, Values.Row(row), value);
        }

        return Errno.None;
    }

    public override bool HasProgramForEach => true;

    internal override bool NextElement(ref int element, int cpu, Span<byte> key, out uint offset)
    {
        bool isThere = _table.TryAdvance(ref element, key);
        offset = isThere ? Values.OffsetOf(_table.RowOf(element) + (_perCpu ? cpu : 0)) : 0;
        return isThere;
    }

    public override Errno DeleteFromProgram(ReadOnlySpan<byte> key) => DeleteCore(key);

    protected override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value) => Read(_table.Find(key), value);

    protected override Errno LookupAndDeleteCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        int element = _table.Find(key);
        Errno missing = Read(element, value);
        if (missing == Errno.None)
        {
            Free(element);
        }

        return missing;
    }

    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        Errno refused = PlaceFor(key, flags, UserCpu, out int row, out _);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (_perCpu)
        {
            PerCpuValue.Write(Values, row, CpuCount, value);
        }
        else
        {
            SpinLockField.Write(Spec, Values.Row(row), value);
        }

        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        int element = _table.Find(key);
        if (element < 0)
        {
            return Errno.ENOENT;
        }

        Free(element);
        return Errno.None;
    }

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => _table.NextKey(key, next);

    private Errno Read(int element, Span<byte> value)
    {
        if (element < 0)
        {
            return Errno.ENOENT;
        }

        if (_perCpu)
        {
            PerCpuValue.Read(Values, _table.RowOf(element), CpuCount, value);
        }
        else
        {
            SpinLockField.Read(Spec, Values.Row(_table.RowOf(element)), value);
        }

        return Errno.None;
    }

    private void Free(int element)
    {
        _rows.Free(_perCpu ? _table.RowOf(element) / CpuCount : _table.RowOf(element));
        _table.Free(element);
    }

    // The row that the new value goes to.
    private Errno PlaceFor(ReadOnlySpan<byte> key, ulong flags, int cpu, out int row, out bool isNew)
    {
        row = 0;
        uint hash = _table.Hash(key);
        int element = _table.Find(key, hash);
        isNew = element < 0;
        Errno refused = (flags & ~_knownFlags) > (ulong)MapUpdateFlags.Exist ? Errno.EINVAL : ElementTable.CheckPresence(!isNew, flags);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (isNew)
        {
            if (_table.Count >= Spec.MaxEntries)
            {
                return Errno.E2BIG;
            }

            if (!_rows.HasRoom)
            {
                return Errno.ENOMEM;
            }

            row = _perCpu ? _rows.Allocate() * CpuCount : _rows.Allocate();
            _table.RowOf(_table.Add(key, hash)) = row;
            return Errno.None;
        }

        ref int place = ref _table.RowOf(element);
        if (!_perCpu && (flags & (ulong)MapUpdateFlags.Lock) == 0)
        {
            // Each CPU has one value in reserve for this, and the one that is replaced is the next in reserve.
            ref int spare = ref _spares[cpu];
            if (spare < 0 && !_rows.HasRoom)
            {
                return Errno.ENOMEM;
            }

            int old = place;
            place = spare >= 0 ? spare : _rows.Allocate();
            spare = old;
            _table.MoveToFront(element);
        }

        row = place;
        return Errno.None;
    }
}
