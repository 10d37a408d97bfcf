using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Scenarios;

namespace ReuseportPS.Simulator.Tests;

/// <summary>Every scenario file, on the simulator.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string, string> Cases() => [.. ScenarioFiles.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_scenario_ends_as_it_says(string file, string name)
    {
        using SimulatorBackend backend = new(new SimulatorOptions { CpuCount = 2 });
        ScenarioFiles.Run(file, name, backend);
    }

    /// <summary>What it says that it lacks, it lacks: else scenarios would be skipped that could run.</summary>
    [Fact]
    public void Lacks_what_it_says()
    {
        using SimulatorBackend backend = new();
        Refused(BackendAbility.SocketMaps, () => backend.CreateMap(new MapSpec("m", MapType.SockMap, 4, 8, 1)));
        Refused(BackendAbility.SynCookies, () => backend.CurrentNamespace.SetSysctl("net.ipv4.tcp_syncookies", 2));
        Refused(BackendAbility.MigrationCounters, () => backend.CurrentNamespace.ReadCounter("TCPMigrateReqSuccess"));
        Refused(BackendAbility.HalfOpen, () => backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4)).SetOption(SocketOption.DeferAccept, 1));

        void Refused(BackendAbility ability, Action action) =>
            Assert.Equal(backend.Lacks(ability) is not null, Record.Exception(action) is BackendException or ArgumentOutOfRangeException);
    }
}
