using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Snapshots;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>Groups of one host as they were at one moment: what a simulator elsewhere needs to give the same previews.</summary>
/// <param name="Host">The host, for who reads the snapshot; nothing hangs on it.</param>
/// <param name="Preview">The host that previews pretended to have there.</param>
/// <param name="HasMaskedAddresses">Whether the addresses of clients are others than they were.</param>
/// <param name="Groups">The groups.</param>
public sealed record HostSnapshot(BackendInfo Host, SimulatorOptions Preview, bool HasMaskedAddresses, ImmutableArray<SnapshotGroup> Groups)
{
    /// <summary>What the document says that it is.</summary>
    public const string Format = "reuseport-snapshot";

    /// <summary>Version of the document that is written, and the only one that is read.</summary>
    public const int CurrentVersion = 1;
}
