using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// RINGBUF (<c>kernel/bpf/ringbuf.c</c>): records that programs write and one consumer reads, in the order in which they were reserved. A record is
/// 8 bytes of header (u32 length with <see cref="BusyBit"/> and <see cref="DiscardBit"/>, u32 page of the header in the kernel's structure) and its bytes,
/// rounded up to 8. Nothing is overwritten: when there is no room, a reservation fails.
/// </summary>
public sealed class RingBuffer : BpfMap
{
    /// <summary>In a record's length: reserved, not yet submitted or discarded.</summary>
    public const uint BusyBit = 1u << 31;

    /// <summary>In a record's length: discarded; a consumer skips it.</summary>
    public const uint DiscardBit = 1u << 30;

    /// <summary>Bytes before a record.</summary>
    public const int HeaderSize = 8;

    internal const ulong NoWakeup = 1;
    internal const ulong ForceWakeup = 2;

    private const ulong LargestRecord = uint.MaxValue / 4;
    private const int PageShift = 12;
    private const int PagesBeforeData = 3;

    private readonly ulong _mask;
    private byte[] _bytes = [];
    private ulong _pending;

    internal RingBuffer(MapSpec spec, int cpuCount)
        : base(spec, cpuCount) => _mask = (ulong)spec.MaxEntries - 1;

    /// <summary>Where the next record is reserved: bytes since the beginning (BPF_RB_PROD_POS).</summary>
    public ulong ProducerPosition { get; private set; }

    /// <summary>Where the consumer is: bytes since the beginning (BPF_RB_CONS_POS).</summary>
    public ulong ConsumerPosition { get; private set; }

    /// <summary>How often a consumer that waits in epoll would have been woken.</summary>
    public long Wakeups { get; private set; }

    /// <summary>The next record that was submitted; discarded ones are skipped. False when there is none, or the next one is still being written.</summary>
    /// <param name="record">Its bytes, good until a program runs.</param>
    public bool TryConsume(out ReadOnlySpan<byte> record)
    {
        while (ConsumerPosition < ProducerPosition)
        {
            int at = (int)(ConsumerPosition & _mask);
            uint header = LengthAt(at);
            if ((header & BusyBit) != 0)
            {
                break;
            }

            ConsumerPosition += Rounded(header);
            if ((header & DiscardBit) == 0)
            {
                record = _bytes.AsSpan(at + HeaderSize, (int)header);
                return true;
            }
        }

        record = [];
        return false;
    }

    /// <summary>Helper 131: reserves a record.</summary>
    /// <param name="size">Bytes of the record.</param>
    /// <param name="offset">Offset of the record in <see cref="BpfMap.Values"/>, where a program may read and write it until it is submitted or discarded.</param>
    /// <returns>False when it does not fit.</returns>
    public bool TryReserve(ulong size, out uint offset)
    {
        offset = 0;
        if (size > LargestRecord)
        {
            return false;
        }

        ulong length = (size + HeaderSize + 7) & ~7UL;
        if (length > _mask + 1)
        {
            return false;
        }

        while (_pending < ProducerPosition && LengthAt((int)(_pending & _mask)) is uint old && (old & BusyBit) == 0)
        {
            _pending += Rounded(old);
        }

        ulong end = ProducerPosition + length;
        if (end - ConsumerPosition > _mask || end - _pending > _mask)
        {
            return false;
        }

        if (_bytes.Length == 0)
        {
            // The data twice, as the kernel maps its pages twice: a record that goes over the end is in one piece.
            _bytes = new byte[2 * (_mask + 1)];
            Values.SetWindows(_bytes);
        }

        int at = (int)(ProducerPosition & _mask);
        Span<byte> header = _bytes.AsSpan(at, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)size | BusyBit);
        BinaryPrimitives.WriteInt32LittleEndian(header[sizeof(uint)..], PagesBeforeData + (at >> PageShift));
        int wrapped = Wrapped(at, (int)length);
        _bytes.AsSpan(0, wrapped).CopyTo(_bytes.AsSpan((int)_mask + 1));
        ProducerPosition = end;
        offset = (uint)at + HeaderSize;
        Values.OpenWindow(offset, (uint)size);
        return true;
    }

    /// <summary>Helpers 132 and 133: a record becomes readable, or is given up.</summary>
    /// <param name="offset">Offset from <see cref="TryReserve"/>.</param>
    /// <param name="discard">Given up.</param>
    /// <param name="flags">BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP; other bits mean nothing.</param>
    /// <returns>False when no record is reserved there.</returns>
    public bool Commit(uint offset, bool discard, ulong flags)
    {
        if (!Values.CloseWindow(offset))
        {
            return false;
        }

        int at = (int)offset - HeaderSize;
        uint length = LengthAt(at) & ~BusyBit;
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), discard ? length | DiscardBit : length);
        int wrapped = Wrapped(at, (int)Rounded(length));
        _bytes.AsSpan((int)_mask + 1, wrapped).CopyTo(_bytes);
        if ((flags & ForceWakeup) != 0 || ((int)(ConsumerPosition & _mask) == at && (flags & NoWakeup) == 0))
        {
            Wakeups++;
        }

        return true;
    }

    /// <summary>Helper 130: reserves, writes and submits.</summary>
    /// <returns>None, EINVAL (flags), EAGAIN (does not fit).</returns>
    public Errno Output(ReadOnlySpan<byte> record, ulong flags)
    {
        if ((flags & ~(NoWakeup | ForceWakeup)) != 0)
        {
            return Errno.EINVAL;
        }

        if (!TryReserve((ulong)record.Length, out uint offset))
        {
            return Errno.EAGAIN;
        }

        record.CopyTo(_bytes.AsSpan((int)offset));
        Commit(offset, discard: false, flags);
        return Errno.None;
    }

    /// <summary>Helper 134.</summary>
    /// <param name="what">0 bytes between consumer and producer, 1 size of the ring, 2 consumer's and 3 producer's position; 0 for any other.</param>
    public ulong Query(ulong what) => what switch
    {
        0 => ProducerPosition - ConsumerPosition,
        1 => _mask + 1,
        2 => ConsumerPosition,
        3 => ProducerPosition,
        _ => 0,
    };

    /// <inheritdoc/>
    internal override void Abandon(uint offset) => Commit(offset, discard: true, NoWakeup);

    /// <inheritdoc/>
    protected override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value) => Errno.ENOTSUPP;

    /// <inheritdoc/>
    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Errno.ENOTSUPP;

    /// <inheritdoc/>
    protected override Errno DeleteCore(ReadOnlySpan<byte> key) => Errno.ENOTSUPP;

    /// <inheritdoc/>
    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => Errno.ENOTSUPP;

    private static uint Rounded(uint header) => ((header & ~(BusyBit | DiscardBit)) + HeaderSize + 7) & ~7u;

    private uint LengthAt(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));

    // Bytes of a piece that lie beyond the end of the ring.
    private int Wrapped(int at, int length) => Math.Max(0, at + length - ((int)_mask + 1));
}
