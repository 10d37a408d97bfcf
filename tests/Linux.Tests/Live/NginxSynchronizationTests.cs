using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A running nginx grows, shrinks and is restarted, and its group is brought in step.</summary>
public sealed class NginxSynchronizationTests : IDisposable
{
    private readonly string _name = "nginx-" + Guid.NewGuid().ToString("N")[..8];

    [Fact]
    public void WorkersThatCameAreSteeredToAndNoRequestFails()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Adopting a server's sockets needs root or capabilities.");
        Assert.SkipUnless(NginxProcess.IsInstalled, "nginx is not installed (/usr/sbin/nginx).");
        using NginxProcess nginx = new(2);
        using LinuxBackend backend = new();
        using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
        using ManagedGroup group = groups.Adopt(new GroupAdoptRequest(_name, TransportProtocol.Tcp, nginx.Port, null, []));
        group.Apply(PolicyYaml.Read("version: 1\npolicy: test\notherwise: { by: hash }").Policy!);
        using ConnectionLoad load = new(nginx, clients: 2);
        load.Await(200);
        nginx.Reload(4);

        GroupSynchronization grown = group.Synchronize();
        Assert.Equal((2, 4, 2), (grown.FormerSlotCount, grown.SlotCount, grown.Seated.Length));
        Assert.Empty(grown.Attached);
        List<int> workers = [];
        for (int slot = 0; slot < 4; slot++)
        {
            group.Apply(PolicyYaml.Read($"version: 1\npolicy: test\notherwise: {{ by: slot, slot: {slot} }}").Policy!);
            long applied = System.Diagnostics.Stopwatch.GetTimestamp();
            load.Await(200);
            workers.Add(Assert.Single(load.WorkersSince(applied)).Key);
        }

        Assert.Equal(4, workers.Distinct().Count());
        load.Dispose();
        Assert.Empty(load.Failures);
        groups.Remove(_name);
        Assert.DoesNotContain(_name, backend.Pins.List());
    }

    public void Dispose()
    {
        if (Environment.IsPrivilegedProcess)
        {
            using LinuxBackend backend = new();
            if (backend.Pins.List().Contains(_name))
            {
                backend.Pins.Remove(_name);
            }
        }
    }
}
