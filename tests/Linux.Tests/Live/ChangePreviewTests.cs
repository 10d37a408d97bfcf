using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>What Set-SteeringPolicy -WhatIf says of the connections that are open is what the kernel does with the same flows once the policy is set.</summary>
public sealed class ChangePreviewTests : LinuxTest
{
    private const int Port = 18082;
    private const int Flows = 120;
    private const int Slots = 4;

    /// <summary>Each connection is told the number of the listener that took it, and stays open.</summary>
    private const string Server = """
        import selectors, socket, sys
        ready = selectors.DefaultSelector(); held = []
        for number in range(4):
            s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(256)
            ready.register(s, selectors.EVENT_READ, b"%d" % number)
        print("ready", flush=True)
        while True:
            for key, _ in ready.select():
                c, _ = key.fileobj.accept(); c.sendall(key.data); held.append(c)
        """;

    private readonly string _group = "preview-" + Guid.NewGuid().ToString("N")[..8];

    [Fact]
    public void A_preview_of_open_connections_is_what_the_kernel_then_does()
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        string before = Policy("otherwise: { by: hash }");
        string after = Policy("rules:\n  - { when: { fraction: 30% }, steer: { by: slot, slot: 3 } }\notherwise: { by: weighted, weights: { 0: 3, 1: 1, 2: 2 } }");
        using ChildServer server = ChildServer.StartPython(Namespace, Server, Port.ToString(CultureInfo.InvariantCulture));
        List<Socket> open = [];
        try
        {
            shell.Run($"$null = New-ReuseportGroup {_group} -Port {Port}", $"Set-SteeringPolicy {_group} '{before}'");
            (int Source, int Slot)[] first = [.. Enumerable.Range(0, Flows).Select(_ => Connect(open, 0))];
            JsonElement preview = shell.Run($"Set-SteeringPolicy {_group} '{after}' -WhatIf");
            Assert.Equal("Program", shell.Run($"Set-SteeringPolicy {_group} '{after}'").GetProperty("Change").GetString());

            // A reset, so that the port is free at once.
            open.ForEach(socket => socket.Close(0));
            (int Source, int Slot)[] again = [.. first.Select(flow => Connect(open, flow.Source))];
            Dictionary<string, long> moved = first.Zip(again).GroupBy(pair => $"slot {pair.First.Slot} -> slot {pair.Second.Slot}").ToDictionary(pairs => pairs.Key, pairs => (long)pairs.Count());
            JsonElement change = preview.GetProperty("Change");
            Assert.Equal(Flows, change.GetProperty("Flows").GetInt64());
            Assert.Equal(first.Zip(again).Count(pair => pair.First.Slot != pair.Second.Slot), change.GetProperty("FlowsMoved").GetInt64());
            Assert.Equal(
                moved.OrderBy(pair => pair.Key),
                change.GetProperty("Moves").EnumerateArray().ToDictionary(
                    move => $"{move.GetProperty("From").GetString()} -> {move.GetProperty("To").GetString()}", move => move.GetProperty("Flows").GetInt64()).OrderBy(pair => pair.Key));
            Assert.True(again.Select(flow => flow.Slot).Distinct().Count() == Slots && moved.Count > Slots);
        }
        finally
        {
            shell.Run($"Remove-ReuseportGroup {_group} -Force -Confirm:$false");
            open.ForEach(socket => socket.Dispose());
            File.Delete(before);
            File.Delete(after);
        }
    }

    private static string Policy(string text)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "version: 1\n" + text);
        return path;
    }

    private (int Source, int Slot) Connect(List<Socket> open, int source)
    {
        Socket socket = Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 });
        open.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, source));
        socket.Connect(IPAddress.Loopback, Port);
        byte[] answer = new byte[8];
        return (((IPEndPoint)socket.LocalEndPoint!).Port, int.Parse(Encoding.ASCII.GetString(answer, 0, socket.Receive(answer)), CultureInfo.InvariantCulture));
    }
}
