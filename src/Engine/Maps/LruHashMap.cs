using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// LRU_HASH and LRU_PERCPU_HASH (<c>kernel/bpf/hashtab.c</c>): a hash map that is never full, because elements little used go (<see cref="LruList"/>).
/// A look by a program counts as use, a look by user space does not. An update takes a free element first, even to replace a value, and what must go
/// for it may be the very key that is updated.
/// </summary>
internal sealed class LruHashMap : BpfMap
{
    private readonly ElementTable _table;
    private readonly LruList _list;
    private readonly bool _perCpu;
    private readonly int _rowsPerElement;
    private int _capacity;

    public LruHashMap(MapSpec spec, int cpuCount, uint seed)
        : base(spec, cpuCount)
    {
        _perCpu = spec.Type == MapType.LruPerCpuHash;
        _rowsPerElement = _perCpu ? cpuCount : 1;
        _table = new ElementTable(spec, seed);
        _list = new LruList(_table, spec.MaxEntries, cpuCount, spec.Flags.HasFlag(MapFlags.NoCommonLru));
        Grow(Math.Min(spec.MaxEntries, 8));
    }

    public override int UserValueSize => _perCpu ? PerCpuValue.UserSize(Spec, CpuCount) : Spec.ValueSize;

    public override bool HasProgramLookup => true;

    public override bool HasProgramUpdate => true;

    public override bool TryFindValue(ReadOnlySpan<byte> key, int cpu, out uint offset)
    {
        int element = _table.Find(key);
        if (element < 0)
        {
            offset = 0;
            return false;
        }

        _list.SetReference(element);
        offset = Values.OffsetOf(_perCpu ? element * CpuCount + cpu : element);
        return true;
    }

    public override Errno UpdateFromProgram(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu)
    {
        Errno refused = PlaceFor(key, flags, cpu, out int element, out bool isNew);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (_perCpu)
        {
            PerCpuValue.WriteOne(Values, element * CpuCount, CpuCount, cpu, value, isNew);
        }
        else
        {
            value.CopyTo(Values.Row(element));
        }

        return Errno.None;
    }

    public override bool HasProgramForEach => true;

    internal override bool NextElement(ref int element, int cpu, Span<byte> key, out uint offset)
    {
        bool isThere = _table.TryAdvance(ref element, key);
        offset = isThere ? Values.OffsetOf(_perCpu ? element * CpuCount + cpu : element) : 0;
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
        Errno refused = PlaceFor(key, flags, UserCpu, out int element, out _);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (_perCpu)
        {
            PerCpuValue.Write(Values, element * CpuCount, CpuCount, value);
        }
        else
        {
            value.CopyTo(Values.Row(element));
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
            PerCpuValue.Read(Values, element * CpuCount, CpuCount, value);
        }
        else
        {
            Values.Row(element).CopyTo(value);
        }

        return Errno.None;
    }

    private void Free(int element)
    {
        _table.Remove(element);
        _list.Return(element);
    }

    // The element that the new value goes to.
    private Errno PlaceFor(ReadOnlySpan<byte> key, ulong flags, int cpu, out int element, out bool isNew)
    {
        element = ElementTable.None;
        isNew = true;
        if (flags > (ulong)MapUpdateFlags.Exist)
        {
            return Errno.EINVAL;
        }

        uint hash = _table.Hash(key);
        bool onlyReplaces = _perCpu && flags == (ulong)MapUpdateFlags.Exist;
        int taken = ElementTable.None;
        if (!onlyReplaces)
        {
            taken = _list.Take(cpu);
            if (taken < 0)
            {
                return Errno.ENOMEM;
            }
        }

        int old = _table.Find(key, hash);
        isNew = old < 0;
        Errno refused = ElementTable.CheckPresence(!isNew, flags);
        if (refused == Errno.None && (isNew || !_perCpu))
        {
            element = taken;
            if (!isNew)
            {
                _list.SetReference(element);
                Free(old);
            }

            if (element >= _capacity)
            {
                Grow((int)Math.Min(Spec.MaxEntries, Math.Max(2L * _capacity, element + 1L)));
            }

            _table.Add(element, key, hash);
            return Errno.None;
        }

        if (taken >= 0)
        {
            _list.Return(taken);
        }

        if (refused == Errno.None)
        {
            _list.SetReference(old);
            element = old;
        }

        return refused;
    }

    private void Grow(int capacity)
    {
        _capacity = capacity;
        Values.SetRows(capacity * _rowsPerElement, Spec.ValueSize, ProgramsMayRead, ProgramsMayWrite);
    }
}
