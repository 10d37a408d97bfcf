namespace ReuseportPS.Bench.Peers;

/// <summary>An engine, in one of the ways in which it runs programs.</summary>
internal interface IContender
{
    /// <summary>Heading of its column.</summary>
    string Name { get; }

    /// <summary>Loads a program.</summary>
    /// <returns>Why it cannot, or null.</returns>
    string? Load(PeerProgram program);

    /// <summary>Runs a loaded program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="runs">About how often; at least once over what the engine repeats.</param>
    Sample Measure(PeerProgram program, long runs);
}
