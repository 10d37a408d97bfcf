using System.Diagnostics;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A running, unmodified nginx is adopted and steered under load.</summary>
public sealed class NginxAdoptionTests : IDisposable
{
    private const int Workers = 4;

    private readonly string _name = "nginx-" + Guid.NewGuid().ToString("N")[..8];

    [Fact]
    public void EveryLaterConnectionGoesToTheSlotAndNoRequestFails()
    {
        RequireNginx();
        using NginxProcess nginx = new(Workers);
        using ConnectionLoad load = new(nginx, clients: 2);
        load.Await(500);

        using LinuxBackend backend = new();
        using GroupCatalog groups = Catalog(backend);
        using (ManagedGroup adopted = groups.Adopt(new GroupAdoptRequest(_name, TransportProtocol.Tcp, nginx.Port, null, [])))
        {
            Assert.Equal(Workers, adopted.SlotCount);
            Assert.Equal(Workers, adopted.ReadSlots().Count(slot => slot.Seats[0].Cookie != 0));
        }

        long adoption = Stopwatch.GetTimestamp();
        load.Await(500);
        Assert.Equal(Workers, load.WorkersSince(adoption).Count);

        List<int> workerOfSlot = [];
        foreach (int slot in Enumerable.Range(0, Workers))
        {
            // A second shell: everything it knows of the group comes from the pins.
            using LinuxBackend shell = new();
            using GroupCatalog catalog = Catalog(shell);
            using ManagedGroup group = catalog.Find(_name)!;
            group.Apply(Policy($"by: slot, slot: {slot}"));
            long applied = Stopwatch.GetTimestamp();
            load.Await(500);
            int worker = Assert.Single(load.WorkersSince(applied)).Key;
            workerOfSlot.Add(worker);
        }

        Assert.Equal(Workers, workerOfSlot.Distinct().Count());
        groups.Remove(_name);
        load.Await(200);
        load.Dispose();
        Assert.Empty(load.Failures);
        Assert.DoesNotContain(_name, backend.Pins.List());
    }

    [Fact]
    public void AServerWithoutReuseportIsRefusedAndLeftAlone()
    {
        RequireNginx();
        using NginxProcess nginx = new(1, reuseport: false);
        using LinuxBackend backend = new();
        using GroupCatalog groups = Catalog(backend);
        DiagnosticException refusal = Assert.Throws<DiagnosticException>(
            () => groups.Adopt(new GroupAdoptRequest(_name, TransportProtocol.Tcp, nginx.Port, null, [])));
        Assert.Equal(GroupCodes.NotReuseport, refusal.Diagnostics[0].Code);
        Assert.Contains("nginx", refusal.Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_name, backend.Pins.List());
        Assert.True(nginx.Request() > 0);
    }

    [Fact]
    public void AdoptionByProcessFindsTheSameMembers()
    {
        RequireNginx();
        using NginxProcess nginx = new(Workers);
        using LinuxBackend backend = new();
        using GroupCatalog groups = Catalog(backend);
        using (ManagedGroup group = groups.Adopt(new GroupAdoptRequest(_name, null, null, null, [nginx.MasterId])))
        {
            Assert.Equal(nginx.Port, Assert.Single(group.KernelGroups).Port);
            Assert.Equal(Workers, group.SlotCount);
        }

        // Adopting again changes nothing.
        using (ManagedGroup again = groups.Adopt(new GroupAdoptRequest(_name, TransportProtocol.Tcp, nginx.Port, null, [])))
        {
            Assert.Equal(Workers, again.SlotCount);
        }

        groups.Remove(_name);
    }

    public void Dispose()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        using LinuxBackend backend = new();
        if (backend.Pins.List().Contains(_name))
        {
            backend.Pins.Remove(_name);
        }
    }

    private static void RequireNginx()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Adopting a server's sockets needs root or capabilities.");
        Assert.SkipUnless(NginxProcess.IsInstalled, "nginx is not installed (/usr/sbin/nginx).");
    }

    private static GroupCatalog Catalog(LinuxBackend backend) =>
        new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));

    private static SteeringPolicy Policy(string otherwise) => PolicyYaml.Read($"version: 1\npolicy: test\notherwise: {{ {otherwise} }}").Policy!;
}
