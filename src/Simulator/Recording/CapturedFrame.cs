using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A record of a capture.</summary>
internal record struct CapturedFrame
{
    /// <summary>A record.</summary>
    public CapturedFrame(FrameKind kind, LinkType link, ReadOnlyMemory<byte> data, int sentLength, long timestamp, int cpu = -1) =>
        Set(kind, link, data, sentLength, timestamp, cpu);

    /// <summary>Whether it is to be parsed.</summary>
    public FrameKind Kind { readonly get; private set; }

    /// <summary>What it begins with.</summary>
    public LinkType Link { readonly get; private set; }

    /// <summary>The captured bytes, valid until the next record.</summary>
    public ReadOnlyMemory<byte> Data { readonly get; private set; }

    /// <summary>Length on the wire, at least that of <see cref="Data"/>.</summary>
    public int SentLength { readonly get; private set; }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public long Timestamp { readonly get; private set; }

    /// <summary>CPU that it was processed on, or -1.</summary>
    public int Cpu { readonly get; private set; }

    /// <summary>Makes it another record, without a copy of it.</summary>
    public void Set(FrameKind kind, LinkType link, ReadOnlyMemory<byte> data, int sentLength, long timestamp, int cpu = -1)
    {
        Kind = kind;
        Link = link;
        Data = data;
        SentLength = sentLength;
        Timestamp = timestamp;
        Cpu = cpu;
    }
}
