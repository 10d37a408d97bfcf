using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Linux.Tests.Model;

/// <summary>One of the two hosts that do the same operations: its backend, and what of it the contract has no words for.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Network">Where everything happens.</param>
/// <param name="MigrateRequests">Sets net.ipv4.tcp_migrate_req.</param>
/// <param name="SynCookies">Sets net.ipv4.tcp_syncookies.</param>
/// <param name="RunOn">Moves what sends to a CPU.</param>
/// <param name="Migrations">TCPMigrateReqSuccess and TCPMigrateReqFailure.</param>
/// <param name="Patience">How long something that should come is waited for.</param>
internal sealed record ModelWorld(
    IReuseportBackend Backend, INetworkNamespace Network, Action<bool> MigrateRequests, Action<int> SynCookies, Action<int> RunOn,
    Func<(long Success, long Failure)> Migrations, TimeSpan Patience);
