
namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// Real, unmodified servers are adopted under load, pinned to each of their workers, weighted, reloaded, killed, grown, shrunk, stopped and started, and left again; what fails is compared
/// with the same events before the adoption.
/// </summary>
public sealed class ServerLifeTests : LinuxTest
{
    /// <summary>The servers, by the name of their program.</summary>
    private static readonly Dictionary<string, Func<LinuxNamespace, SteeredServer>> s_servers = new(StringComparer.Ordinal)
    {
        ["nginx"] = place => new NginxServer(place),
        ["haproxy"] = place => new HaproxyServer(place),
        ["unbound"] = place => new UnboundServer(place),
        ["knot"] = place => new KnotServer(place),
    };

    [Theory]
    [InlineData("nginx")]
    [InlineData("unbound")]
    public void A_server_lives_on_under_steering(string name) => Run(name, requests: 100, clients: 2, seed: 1, TimeSpan.FromMilliseconds(1));

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    [InlineData("unbound")]
    [InlineData("knot")]
    public void A_server_lives_on_under_steering_for_long(string name)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        Run(name, Number("REUSEPORTPS_REQUESTS", 2000), clients: 4, Number("REUSEPORTPS_SEED", 2), TimeSpan.Zero);
    }

    private void Run(string name, int requests, int clients, int seed, TimeSpan pause)
    {
        using SteeredServer server = s_servers[name](Namespace);
        new ServerLife(Backend, Namespace, server, requests, clients, seed, pause).Run();
    }
}
