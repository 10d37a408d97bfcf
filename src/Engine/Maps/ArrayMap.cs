using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>ARRAY and PERCPU_ARRAY (<c>kernel/bpf/arraymap.c</c>): all entries exist, and a value is written in place.</summary>
internal sealed class ArrayMap : BpfMap
{
    private readonly int _rowsPerValue;

    public ArrayMap(MapSpec spec, int cpuCount)
        : base(spec, cpuCount)
    {
        _rowsPerValue = spec.Type == MapType.PerCpuArray ? cpuCount : 1;
        Values.SetRows(spec.MaxEntries * _rowsPerValue, spec.ValueSize, ProgramsMayRead, ProgramsMayWrite);
    }

    public override int UserValueSize => Spec.Type == MapType.PerCpuArray ? PerCpuValue.UserSize(Spec, CpuCount) : Spec.ValueSize;

    public override bool HasProgramLookup => true;

    public override bool HasProgramUpdate => true;

    public override bool TryFindValue(ReadOnlySpan<byte> key, int cpu, out uint offset)
    {
        int index = ArrayIndex.Of(key, Spec.MaxEntries);
        offset = index < 0 ? 0 : Values.OffsetOf(RowOf(index, cpu));
        return index >= 0;
    }

    public override Errno UpdateFromProgram(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu)
    {
        Errno refused = CheckUpdate(key, flags, out int index);
        if (refused == Errno.None)
        {
            SpinLockField.Write(Spec, Values.Row(RowOf(index, cpu)), value);
        }

        return refused;
    }

    public override bool HasProgramForEach => true;

    internal override bool NextElement(ref int element, int cpu, Span<byte> key, out uint offset)
    {
        bool isThere = ++element < Spec.MaxEntries;
        offset = isThere ? Values.OffsetOf(RowOf(element, cpu)) : 0;
        BinaryPrimitives.WriteInt32LittleEndian(key, element);
        return isThere;
    }

    public override Errno DeleteFromProgram(ReadOnlySpan<byte> key) => Errno.EINVAL;

    protected override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        int index = ArrayIndex.Of(key, Spec.MaxEntries);
        if (index < 0)
        {
            return Errno.ENOENT;
        }

        if (Spec.Type == MapType.PerCpuArray)
        {
            PerCpuValue.Read(Values, RowOf(index, 0), CpuCount, value);
        }
        else
        {
            SpinLockField.Read(Spec, Values.Row(index), value);
        }

        return Errno.None;
    }

    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        Errno refused = CheckUpdate(key, flags, out int index);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (Spec.Type == MapType.PerCpuArray)
        {
            PerCpuValue.Write(Values, RowOf(index, 0), CpuCount, value);
        }
        else
        {
            SpinLockField.Write(Spec, Values.Row(index), value);
        }

        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key) => Errno.EINVAL;

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => ArrayIndex.Next(key, next, Spec.MaxEntries);

    private int RowOf(int index, int cpu) => _rowsPerValue == 1 ? index : index * _rowsPerValue + cpu;

    private Errno CheckUpdate(ReadOnlySpan<byte> key, ulong flags, out int index)
    {
        index = ArrayIndex.Of(key, Spec.MaxEntries);
        bool locks = (flags & (ulong)MapUpdateFlags.Lock) != 0;
        return (flags & ~(ulong)MapUpdateFlags.Lock) > (ulong)MapUpdateFlags.Exist || (locks && Spec.Type == MapType.PerCpuArray) ? Errno.EINVAL
            : index < 0 ? Errno.E2BIG
            : (flags & (ulong)MapUpdateFlags.NoExist) != 0 ? Errno.EEXIST
            : locks && Spec.SpinLockOffset is null ? Errno.EINVAL
            : Errno.None;
    }
}
