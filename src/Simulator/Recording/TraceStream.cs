namespace ReuseportPS.Simulator.Recording;

/// <summary>Numbers of the random streams of a generated trace: one per use, so that other payloads leave the flows as they are.</summary>
internal static class TraceStream
{
    public const ulong Flows = 1;
    public const ulong Order = 2;
    public const ulong Times = 3;
    public const ulong Payloads = 4;
    public const ulong Sequences = 5;
    public const ulong Clients = 6;
    public const ulong Rebinding = 7;
    public const ulong ConnectionIds = 8;
}
