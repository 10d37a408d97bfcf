using System.Collections.Immutable;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>Something that happens to a server in its life.</summary>
/// <param name="Name">What.</param>
/// <param name="Workers">Workers afterwards.</param>
/// <param name="Happen">Has it happen, and waits until the server answers again.</param>
/// <param name="LossOf">What it costs on plain Linux.</param>
internal sealed record ServerEvent(string Name, int Workers, Action<SteeredServer> Happen, Func<SteeredServer, Loss> LossOf)
{
    /// <summary>Workers at the beginning and at the end.</summary>
    public const int UsualWorkers = 4;

    /// <summary>The events, in the order in which every server has them.</summary>
    public static ImmutableArray<ServerEvent> All { get; } =
    [
        new("reload", UsualWorkers, server => server.Reload(), server => server.ReloadLoss),
        new("crash", UsualWorkers, server => server.Crash(), server => server.CrashLoss),
        new("grow", 6, server => server.Resize(6), server => server.ResizeLoss),
        new("shrink", 3, server => server.Resize(3), server => server.ResizeLoss),
        new("stop and start", UsualWorkers, Restart, _ => Loss.Outage),
    ];

    private static void Restart(SteeredServer server)
    {
        server.Stop();
        server.Start(UsualWorkers);
    }
}
