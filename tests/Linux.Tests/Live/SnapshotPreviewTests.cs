using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A group with open connections, exported on a host and imported into a simulator elsewhere, gives the same previews there, field by field; and exported from there it is the same snapshot.</summary>
public sealed class SnapshotPreviewTests : LinuxTest
{
    private const int Port = 18083;
    private const int Connections = 100;
    private const int ConnectedDatagramSockets = 6;
    private const int Datagrams = 25;

    /// <summary>Four TCP listeners and four UDP sockets in groups, UDP sockets of the same port that are connected, and connections that stay open.</summary>
    private const string Server = """
        import selectors, socket, sys
        port = int(sys.argv[1]); ready = selectors.DefaultSelector(); held = []
        for number in range(4):
            s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", port)); s.listen(256); ready.register(s, selectors.EVENT_READ)
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", port)); held.append(s)
        for number in range(int(sys.argv[2])):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", port)); s.connect(("127.0.0.1", 41000 + number)); held.append(s)
        print("ready", flush=True)
        while True:
            for key, _ in ready.select():
                held.append(key.fileobj.accept()[0])
        """;

    private readonly string _group = "snapshot-" + Guid.NewGuid().ToString("N")[..8];
    private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-snapshot-").FullName;

    [Fact]
    public void An_imported_group_gives_the_previews_of_its_host()
    {
        CmdletShell host = CmdletShell.In(Namespace);
        CmdletShell elsewhere = CmdletShell.In((LinuxNamespace)Own(Backend.CreateNamespace()));
        string before = Policy("before", "rules:\n  - { when: { source: 127.0.0.0/8, fraction: 30% }, steer: { by: slot, slot: 3 } }\notherwise: { by: hash, sticky: { entries: 1000, idle: 10m } }");
        string after = Policy("after", "rules:\n  - { when: { fraction: 20% }, steer: { by: slot, slot: 0 } }\notherwise: { by: weighted, weights: { 0: 3, 1: 1, 2: 2, 3: 1 } }");
        string file = Path.Combine(_folder, "host.json");
        string again = Path.Combine(_folder, "again.json");
        using ChildServer server = ChildServer.StartPython(Namespace, Server, Port.ToString(CultureInfo.InvariantCulture), ConnectedDatagramSockets.ToString(CultureInfo.InvariantCulture));
        List<Socket> open = [];
        try
        {
            host.Run($"$null = New-ReuseportGroup {_group} -Port {Port}", $"$null = Set-SteeringPolicy {_group} '{before}'", $"Suspend-SocketSlot {_group} 1 -Confirm:$false");
            for (int number = 0; number < Connections; number++)
            {
                Open(open, SocketType.Stream).Connect(IPAddress.Loopback, Port);
            }

            for (int number = 0; number < Datagrams; number++)
            {
                Open(open, SocketType.Dgram).SendTo([1], new IPEndPoint(IPAddress.Loopback, Port));
            }

            JsonElement there = host.Run(Preview($"Export-ReuseportSnapshot {_group} '{file}' -PassThru", before, after));
            JsonElement here = elsewhere.Run(Preview($"Import-ReuseportSnapshot '{file}'", before, after));
            foreach (string what in (string[])["Measure", "Compare", "WhatIf"])
            {
                Assert.Equal(there.GetProperty(what).GetString(), here.GetProperty(what).GetString());
            }

            using JsonDocument changes = JsonDocument.Parse(here.GetProperty("WhatIf").GetString()!);
            Assert.Equal(2, changes.RootElement.GetArrayLength());
            JsonElement change = changes.RootElement[0].GetProperty("Change");
            Assert.Equal(Connections + ConnectedDatagramSockets, change.GetProperty("Flows").GetInt64());
            Assert.NotEqual(0, change.GetProperty("FlowsMoved").GetInt64());

            elsewhere.Run($"$null = Import-ReuseportSnapshot '{file}'", $"Export-ReuseportSnapshot * '{again}'");
            JsonNode original = JsonNode.Parse(File.ReadAllText(file))!;
            JsonNode copy = JsonNode.Parse(File.ReadAllText(again))!;
            Assert.NotEqual(original["host"]!.ToJsonString(), copy["host"]!.ToJsonString());
            copy["host"] = original["host"]!.DeepClone();
            Assert.Equal(original.ToJsonString(), copy.ToJsonString());

            JsonNode group = original["groups"]![0]!;
            Assert.Equal("Draining", (string?)group["slots"]![1]!["state"]);
            Assert.Equal([4, 4], group["kernelGroups"]!.AsArray().Select(kernelGroup => kernelGroup!["members"]!.AsArray().Count));
            Assert.NotEmpty(group["stickyFlows"]!.AsArray());
            Assert.Equal(group["stickyFlows"]!.AsArray().Count, changes.RootElement[1].GetProperty("Change").GetProperty("Flows").GetInt64());
            Assert.Contains(group["counters"]!.AsArray(), counter => (string?)counter!["kind"] == "Slot" && (ulong)counter["value"]! > 0);
        }
        finally
        {
            host.Run($"Remove-ReuseportGroup {_group} -Force -Confirm:$false");
            open.ForEach(socket => socket.Dispose());
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void A_frozen_group_gives_the_same_previews_elsewhere_beside_connected_sockets()
    {
        CmdletShell host = CmdletShell.In(Namespace);
        CmdletShell elsewhere = CmdletShell.In((LinuxNamespace)Own(Backend.CreateNamespace()));
        string before = Policy("before", "otherwise: { by: hash }");
        string after = Policy("after", "rules:\n  - { when: { fraction: 20% }, steer: { by: slot, slot: 0 } }\notherwise: { by: weighted, weights: { 0: 3, 1: 1, 2: 2, 3: 1 } }");
        string file = Path.Combine(_folder, "frozen.json");
        using ChildServer server = ChildServer.StartPython(Namespace, Server, Port.ToString(CultureInfo.InvariantCulture), ConnectedDatagramSockets.ToString(CultureInfo.InvariantCulture));
        List<Socket> open = [];
        try
        {
            for (int number = 0; number < Connections; number++)
            {
                Open(open, SocketType.Stream).Connect(IPAddress.Loopback, Port);
            }

            JsonElement there = host.Run([$"$null = New-ReuseportGroup {_group} -Port {Port} -Freeze", .. Preview($"Export-ReuseportSnapshot {_group} '{file}' -PassThru", before, after)]);
            JsonElement here = elsewhere.Run(Preview($"Import-ReuseportSnapshot '{file}'", before, after));
            foreach (string what in (string[])["Measure", "Compare", "WhatIf"])
            {
                Assert.Equal(there.GetProperty(what).GetString(), here.GetProperty(what).GetString());
            }

            // That the choice was frozen is said, and the code is not in it: a preview compares with the kernel's choice, of which the frozen one is a copy.
            JsonNode group = JsonNode.Parse(File.ReadAllText(file))!["groups"]![0]!;
            Assert.Equal("frozen-hash", (string?)group["program"]);
            Assert.Equal([4, 4], group["kernelGroups"]!.AsArray().Select(kernelGroup => kernelGroup!["members"]!.AsArray().Count));
            using JsonDocument change = JsonDocument.Parse(here.GetProperty("WhatIf").GetString()!);
            Assert.Equal(Connections + ConnectedDatagramSockets, change.RootElement.GetProperty("Change").GetProperty("Flows").GetInt64());
        }
        finally
        {
            host.Run($"Remove-ReuseportGroup {_group} -Force -Confirm:$false");
            open.ForEach(socket => socket.Dispose());
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string[] Preview(string source, string before, string after) =>
    [
        $"$g = {source}",
        $"$m = $g.Trace | Measure-SteeringPolicy -Policy '{after}' -Group {_group} | ConvertTo-Json -Depth 9 -Compress -EnumsAsStrings",
        $"$c = $g.Trace | Compare-SteeringPolicy '{before}' '{after}' -Group {_group} | ConvertTo-Json -Depth 9 -Compress -EnumsAsStrings",
        $"$w = Set-SteeringPolicy {_group} '{after}' -WhatIf | ConvertTo-Json -Depth 9 -Compress -EnumsAsStrings",
        "[pscustomobject]@{ Measure = $m; Compare = $c; WhatIf = $w }",
    ];

    private string Policy(string name, string text)
    {
        string path = Path.Combine(_folder, name + ".yaml");
        File.WriteAllText(path, "version: 1\n" + text);
        return path;
    }

    private Socket Open(List<Socket> open, SocketType type)
    {
        Socket socket = Namespace.Run(() => new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp));
        open.Add(socket);
        return socket;
    }
}
