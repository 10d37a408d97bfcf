namespace ReuseportPS.Bench.Peers;

/// <summary>One measurement.</summary>
/// <param name="Nanoseconds">Thread CPU time of one run of the program.</param>
/// <param name="Checksum">Over the slot and the return value of each packet; null where the engine cannot be given all packets.</param>
internal readonly record struct Sample(double Nanoseconds, ulong? Checksum);
