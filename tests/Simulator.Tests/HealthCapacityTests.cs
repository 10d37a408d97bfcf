using System.Net;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests;

/// <summary>A group whose sockarrays are nearly full.</summary>
public sealed class HealthCapacityTests
{
    [Theory]
    [InlineData(29_491, false)]
    [InlineData(29_492, true)]
    public void Seats_that_are_nearly_used_up(int slots, bool isFound)
    {
        using SimulatorBackend backend = new(new SimulatorOptions { Seed = 1 });
        using GroupCatalog groups = new(backend, new PolicyText(_ => "", _ => throw new NotSupportedException()));
        ManagedGroup group = groups.Open(new GroupOpenRequest("big", [TransportProtocol.Udp], [IPAddress.Loopback], 5300, slots));
        GroupHealth health = GroupDoctor.Examine(backend, group, TimeSpan.FromMilliseconds(20));
        Assert.Equal(isFound ? ["RPS5365"] : [], health.Findings.Select(finding => finding.Code));
    }
}
