using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// HASH and PERCPU_HASH (<c>kernel/bpf/hashtab.c</c>). An update of a key that is there replaces the value as a whole in HASH (a
/// pointer to the old value keeps reading the old value) and writes in place in PERCPU_HASH.
/// </summary>
internal sealed class HashMap : BpfMap
{
    private readonly KeyIndex _index;
    private readonly RowPool _rows;
    private readonly bool _perCpu;
    private int[] _rowOf = new int[8];

    public HashMap(MapSpec spec, int cpuCount)
        : base(spec, cpuCount)
    {
        _perCpu = spec.Type == MapType.PerCpuHash;
        _index = new KeyIndex(spec.KeySize);
        _rows = new RowPool(this, _perCpu ? cpuCount : 1, spare: _perCpu ? 0 : 1);
    }

    public override int UserValueSize => _perCpu ? PerCpuValue.UserSize(Spec, CpuCount) : Spec.ValueSize;

    public override bool HasProgramLookup => true;

    public override bool HasProgramUpdate => true;

    public override bool TryFindValue(ReadOnlySpan<byte> key, int cpu, out uint offset)
    {
        int entry = _index.Find(key);
        offset = entry < 0 ? 0 : Values.OffsetOf(_rowOf[entry] + (_perCpu ? cpu : 0));
        return entry >= 0;
    }

    public override Errno UpdateFromProgram(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu)
    {
        Errno refused = PlaceFor(key, flags, out int row, out bool isNew);
        if (refused != Errno.None)
        {
            return refused;
        }

        for (int other = 0; _perCpu && isNew && other < CpuCount; other++)
        {
            Values.PaddedRow(row + other).Clear();
        }

        value.CopyTo(Values.Row(row + (_perCpu ? cpu : 0)));
        return Errno.None;
    }

    public override bool HasProgramForEach => true;

    internal override bool NextElement(ref int element, int cpu, Span<byte> key, out uint offset)
    {
        offset = 0;
        element = _index.After(element);
        if (element < 0)
        {
            return false;
        }

        _index.KeyOf(element).CopyTo(key);
        offset = Values.OffsetOf(_rowOf[element] + (_perCpu ? cpu : 0));
        return true;
    }

    public override Errno DeleteFromProgram(ReadOnlySpan<byte> key) => DeleteCore(key);

    protected override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        int entry = _index.Find(key);
        if (entry < 0)
        {
            return Errno.ENOENT;
        }

        if (_perCpu)
        {
            PerCpuValue.Read(Values, _rowOf[entry], CpuCount, value);
        }
        else
        {
            Values.Row(_rowOf[entry]).CopyTo(value);
        }

        return Errno.None;
    }

    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        Errno refused = PlaceFor(key, flags, out int row, out _);
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
            value.CopyTo(Values.Row(row));
        }

        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        int entry = _index.Find(key);
        if (entry < 0)
        {
            return Errno.ENOENT;
        }

        _index.Remove(entry);
        _rows.Free(_rowOf[entry]);
        return Errno.None;
    }

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => _index.NextKey(key, next);

    // The row that the new value goes to.
    private Errno PlaceFor(ReadOnlySpan<byte> key, ulong flags, out int row, out bool isNew)
    {
        row = 0;
        Errno refused = _index.CheckUpdate(key, flags, Spec.MaxEntries, out int entry);
        isNew = entry < 0;
        if (refused != Errno.None)
        {
            return refused;
        }

        if (isNew)
        {
            if (!_rows.HasRoom)
            {
                return Errno.ENOMEM;
            }

            entry = _index.Add(key, ref _rowOf);
            _rowOf[entry] = _rows.Allocate();
        }
        else if (!_perCpu)
        {
            int old = _rowOf[entry];
            _rowOf[entry] = _rows.Allocate();
            _rows.Free(old);
        }

        row = _rowOf[entry];
        return Errno.None;
    }
}
