using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>QUEUE and STACK (<c>kernel/bpf/queue_stack_maps.c</c>): a ring of values that gives back the oldest, or the newest.</summary>
internal sealed class QueueMap : KeylessMap
{
    private readonly bool _newestFirst;
    private byte[] _values;
    private int _oldest;
    private int _count;

    public QueueMap(MapSpec spec, int cpuCount)
        : base(spec, cpuCount)
    {
        _newestFirst = spec.Type == MapType.Stack;
        _values = new byte[Math.Min(spec.MaxEntries, 8) * spec.ValueSize];
    }

    public override bool HasPop => true;

    private int Capacity => _values.Length / Spec.ValueSize;

    public override Errno Push(ReadOnlySpan<byte> value, ulong flags)
    {
        if (flags is not ((ulong)MapUpdateFlags.Any or (ulong)MapUpdateFlags.Exist))
        {
            return Errno.EINVAL;
        }

        if (_count == Spec.MaxEntries)
        {
            if (flags != (ulong)MapUpdateFlags.Exist)
            {
                return Errno.E2BIG;
            }

            _oldest = PlaceOf(1);
            _count--;
        }
        else if (_count == Capacity)
        {
            Grow();
        }

        value.CopyTo(At(PlaceOf(_count)));
        _count++;
        return Errno.None;
    }

    public override Errno Peek(Span<byte> value)
    {
        if (_count == 0)
        {
            value.Clear();
            return Errno.ENOENT;
        }

        At(_newestFirst ? PlaceOf(_count - 1) : _oldest).CopyTo(value);
        return Errno.None;
    }

    public override Errno Pop(Span<byte> value)
    {
        Errno empty = Peek(value);
        if (empty == Errno.None)
        {
            _count--;
            _oldest = _newestFirst ? _oldest : PlaceOf(1);
        }

        return empty;
    }

    protected override Errno LookupAndDeleteCore(ReadOnlySpan<byte> key, Span<byte> value) => Pop(value);

    protected override Errno DeleteCore(ReadOnlySpan<byte> key) => Errno.EINVAL;

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => Errno.EINVAL;

    private int PlaceOf(int position) => (int)(((long)_oldest + position) % Capacity);

    private Span<byte> At(int place) => _values.AsSpan(place * Spec.ValueSize, Spec.ValueSize);

    private void Grow()
    {
        int capacity = Capacity;
        byte[] values = new byte[(int)Math.Min(2L * capacity, Spec.MaxEntries) * Spec.ValueSize];
        int head = _oldest * Spec.ValueSize;
        _values.AsSpan(head).CopyTo(values);
        _values.AsSpan(0, head).CopyTo(values.AsSpan(_values.Length - head));
        _values = values;
        _oldest = 0;
    }
}
