using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// A piece of memory that a program can point into. It has one of three shapes: flat (a stack frame, a context, a packet), windows (the records of a ring
/// buffer that are being written), of which all else is closed, or rows of one size (the values of a map), where an access may not cross the end of its row. Addresses in rows are spread over a power of two larger than a
/// row, so that the byte after a row belongs to no row: offset = row &lt;&lt; <see cref="RowShift"/> | byte in row.
/// </summary>
public sealed class MemoryRegion
{
    private int _readLength;
    private int _writeLength;
    private int _rowSize;
    private int _rowStride;
    private uint _rowMask;

    // Bytes of a row that may be read, and written; 0 when flat.
    private int _readableRow;
    private int _writableRow;
    private bool _readable;
    private bool _writable;
    private (uint Offset, uint Length)[] _windows = [];
    private int _openWindows;

    /// <summary>An empty region; every access to it is a fault.</summary>
    /// <param name="name">What it is, for fault texts: <c>stack frame</c>, <c>map 'seats'</c>.</param>
    public MemoryRegion(string name) => Name = name;

    /// <summary>What it is, for fault texts.</summary>
    public string Name { get; }

    /// <summary>The memory behind it; may be replaced by a longer one as a map grows.</summary>
    public byte[] Bytes { get; private set; } = [];

    /// <summary>Index in <see cref="Bytes"/> of offset 0.</summary>
    public int Start { get; private set; }

    /// <summary>Rows, or 0 for a flat region.</summary>
    public int RowCount { get; private set; }

    /// <summary>Bits of the offset that are the byte in the row; 0 for a flat region.</summary>
    public int RowShift { get; private set; }

    /// <summary>Bytes in <see cref="Bytes"/> from one row to the next.</summary>
    internal int RowStride => _rowStride;

    /// <summary>Bytes that may be read when flat; 0 for rows.</summary>
    internal int ReadLength => _readLength;

    /// <summary>Bytes that may be written when flat; 0 for rows.</summary>
    internal int WriteLength => _writeLength;

    /// <summary>Makes the region flat: <paramref name="length"/> bytes of <paramref name="bytes"/> from <paramref name="start"/>. No copy is made.</summary>
    public void SetFlat(byte[] bytes, int start, int length, bool writable)
    {
        if ((uint)start > (uint)bytes.Length || (uint)length > (uint)(bytes.Length - start))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "The region must lie within the array.");
        }

        Bytes = bytes;
        Start = start;
        _readLength = length;
        _writeLength = writable ? length : 0;
        _readable = true;
        _writable = writable;
        RowCount = RowShift = _readableRow = _writableRow = 0;
    }

    /// <summary>Empties the region: every access becomes a fault.</summary>
    public void Clear()
    {
        Bytes = [];
        Start = _readLength = _writeLength = RowCount = RowShift = _readableRow = _writableRow = 0;
        _readable = _writable = false;
    }

    /// <summary>Makes the region one of windows, all closed. No copy is made.</summary>
    internal void SetWindows(byte[] bytes)
    {
        SetFlat(bytes, 0, 0, writable: true);
        _openWindows = 0;
    }

    /// <summary>Opens a window for reading and writing.</summary>
    internal void OpenWindow(uint offset, uint length)
    {
        if (_openWindows == _windows.Length)
        {
            Array.Resize(ref _windows, Math.Max(4, 2 * _windows.Length));
        }

        _windows[_openWindows++] = (offset, length);
    }

    /// <summary>Closes the window that begins at an offset. False when there is none.</summary>
    internal bool CloseWindow(uint offset)
    {
        for (int i = 0; i < _openWindows; i++)
        {
            if (_windows[i].Offset == offset)
            {
                _windows[i] = _windows[--_openWindows];
                return true;
            }
        }

        return false;
    }

    /// <summary>How many rows of a size can be addressed, and held in one array.</summary>
    public static long MostRows(int rowSize) => Math.Min(Array.MaxLength / Stride(rowSize), 1L << (32 - ShiftFor(rowSize)));

    /// <summary>Makes the region <paramref name="rowCount"/> rows of <paramref name="rowSize"/> bytes; what rows held is kept.</summary>
    public void SetRows(int rowCount, int rowSize, bool readable, bool writable)
    {
        _rowSize = rowSize;
        _rowStride = Stride(rowSize);
        RowShift = ShiftFor(rowSize);
        RowCount = rowCount;
        _rowMask = (1u << RowShift) - 1;
        _readableRow = readable ? rowSize : 0;
        _writableRow = writable ? rowSize : 0;
        _readable = readable;
        _writable = writable;
        if (Bytes.Length < (long)rowCount * _rowStride)
        {
            byte[] bytes = new byte[rowCount * _rowStride];
            Bytes.CopyTo(bytes, 0);
            Bytes = bytes;
        }

        // One row is as good as flat, and quicker.
        _readLength = rowCount == 1 && readable ? rowSize : 0;
        _writeLength = rowCount == 1 && writable ? rowSize : 0;
    }

    /// <summary>The bytes of a row, for the host.</summary>
    public Span<byte> Row(int row) => Bytes.AsSpan(row * _rowStride, _rowSize);

    /// <summary>The bytes of a row and what fills it up to a multiple of 8: what bpf(2) copies of a per-CPU value.</summary>
    public Span<byte> PaddedRow(int row) => Bytes.AsSpan(row * _rowStride, _rowStride);

    /// <summary>The bytes at an offset, for the host: empty when they are not all in the region or in one row.</summary>
    internal Span<byte> TryFind(uint offset, int size) => TryLocate(offset, size, _writable, out int index) ? Bytes.AsSpan(index, size) : [];

    /// <summary>Offset of the first byte of a row.</summary>
    public uint OffsetOf(int row) => (uint)row << RowShift;

    /// <summary>Finds an access in <see cref="Bytes"/>. False when it leaves the region or its row, or is not allowed.</summary>
    /// <param name="offset">Offset in the region.</param>
    /// <param name="size">Bytes, at least 1.</param>
    /// <param name="write">Store, not load.</param>
    /// <param name="index">Index in <see cref="Bytes"/>.</param>
    public bool TryLocate(uint offset, int size, bool write, out int index)
    {
        if (RowCount <= 1)
        {
            index = Start + (int)offset;
            return (ulong)offset + (uint)size <= (uint)(write ? _writeLength : _readLength) || (_openWindows > 0 && IsInWindow(offset, (uint)size));
        }

        uint row = offset >> RowShift;
        uint within = offset & ((1u << RowShift) - 1);
        index = (int)row * _rowStride + (int)within;
        return (write ? _writable : _readable) && row < (uint)RowCount && (ulong)within + (uint)size <= (uint)_rowSize;
    }

    /// <summary>The byte at an offset of a flat region; only after the offset was found to be below <see cref="ReadLength"/> or <see cref="WriteLength"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref byte ByteAt(uint offset) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Bytes), (nuint)((uint)Start + offset));

    /// <summary>The first byte of an access, or a null reference where <see cref="TryLocate"/> says no.</summary>
    internal ref byte Find(uint offset, uint size, bool write)
    {
        // Rows first: what is flat was found by its length, if it was allowed.
        uint within = offset & _rowMask;
        if (offset >> RowShift < (uint)RowCount && (ulong)within + size <= (uint)(write ? _writableRow : _readableRow))
        {
            return ref Bytes[(int)(offset >> RowShift) * _rowStride + (int)within];
        }

        return ref TryLocate(offset, (int)size, write, out int index) ? ref Bytes[index] : ref Unsafe.NullRef<byte>();
    }

    /// <summary>Whether the program may load from, or store to, what is in the region.</summary>
    internal bool Allows(bool write) => write ? _writable : _readable;

    /// <summary>Why an access that <see cref="TryLocate"/> refused is refused, in words.</summary>
    public string Explain(bool write) =>
        write && !_writable && _readable ? $"{Name} is read-only" :
        !write && !_readable && _writable ? $"{Name} is write-only" :
        !_readable && !_writable ? $"{Name} is not accessible" :
        $"outside {Name}";

    private bool IsInWindow(uint offset, uint size)
    {
        foreach ((uint start, uint length) in _windows.AsSpan(0, _openWindows))
        {
            if (offset >= start && (ulong)offset + size <= (ulong)start + length)
            {
                return true;
            }
        }

        return false;
    }

    private static int Stride(int rowSize) => (int)Math.Min(((long)rowSize + 7) & ~7L, int.MaxValue);

    // Always larger than the row.
    private static int ShiftFor(int rowSize) => 32 - BitOperations.LeadingZeroCount((uint)rowSize);
}
