namespace ReuseportPS.Simulator.Recording;

/// <summary>An IP datagram put together from its fragments.</summary>
/// <param name="Data">The captured bytes from the network header on, up to the first that no fragment has. Valid until the next fragment.</param>
/// <param name="SentLength">Length of the whole datagram.</param>
/// <param name="Fragments">Fragments that it came in, duplicates included.</param>
internal readonly record struct Datagram(ReadOnlyMemory<byte> Data, int SentLength, int Fragments);
