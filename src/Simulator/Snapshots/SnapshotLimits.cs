namespace ReuseportPS.Simulator.Snapshots;

/// <summary>How much a snapshot may ask for: it comes from elsewhere, and memory is taken for what it says.</summary>
public static class SnapshotLimits
{
    /// <summary>Bytes of the document.</summary>
    public const int Bytes = 64 << 20;

    /// <summary>Levels of objects and lists.</summary>
    public const int Depth = 16;

    /// <summary>Kernel groups, over all groups: each has a sockarray of its own.</summary>
    public const int KernelGroups = 512;

    /// <summary>Members, over all groups.</summary>
    public const int Members = 1 << 17;

    /// <summary>Slots times CPUs, over all groups: each slot has a counter for each CPU.</summary>
    public const int Counters = 1 << 24;

    /// <summary>Characters of a policy.</summary>
    public const int PolicyLength = 4 << 20;

    /// <summary>Characters of any other text.</summary>
    public const int TextLength = 1024;

    /// <summary>The highest cookie, so that sockets made after the import get higher ones.</summary>
    public const ulong Cookie = (1UL << 63) - 1;
}
