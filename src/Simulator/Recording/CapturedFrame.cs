using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A record of a capture.</summary>
/// <param name="Kind">Whether it is to be parsed.</param>
/// <param name="Link">What it begins with.</param>
/// <param name="Data">The captured bytes, valid until the next record.</param>
/// <param name="SentLength">Length on the wire, at least that of <paramref name="Data"/>.</param>
/// <param name="Timestamp">Nanoseconds since the Unix epoch.</param>
/// <param name="Cpu">CPU that it was processed on, or -1.</param>
internal readonly record struct CapturedFrame(FrameKind Kind, LinkType Link, ReadOnlyMemory<byte> Data, int SentLength, long Timestamp, int Cpu = -1);
