namespace ReuseportPS.Simulator.Randomness;

/// <summary>Numbers of the streams that one seed is split into.</summary>
internal static class RandomStream
{
    public const ulong HashSecrets = 1;
    public const ulong EphemeralPorts = 2;
    public const ulong Sequences = 3;
    public const ulong Programs = 4;
    public const ulong ClassicPrograms = 5;
    public const ulong SocketFilters = 6;

    /// <summary>Added to the number of a namespace.</summary>
    public const ulong NamespaceMix = 1UL << 32;

    /// <summary>Added to the number of a round of a fidelity trial.</summary>
    public const ulong Trials = 2UL << 32;
}
