using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>
/// A server that knows nothing of this project is replaced by another beside it, by cmdlets in shells of their own: no old datagram flow moves, no connection fails, new flows are the
/// new server's, and when the old one is gone its flows are placed on the new one.
/// </summary>
public sealed class GenerationRestartTests : LinuxTest
{
    private const int Port = 18081;
    private const int Flows = 200;

    private const string Policy = """
        version: 1
        policy: restart
        rules:
          - name: connections
            when: { protocol: tcp }
            steer: { by: generation, generations: [0-3] }
        otherwise: { by: generation, generations: [0-3], sticky: { entries: 8192, idle: 1h } }
        """;

    private readonly string _group = "restart-" + Guid.NewGuid().ToString("N")[..8];

    [Fact]
    public void A_server_is_replaced_and_no_flow_of_it_moves()
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        string policy = Path.GetTempFileName();
        File.WriteAllText(policy, Policy);
        ChildServer? former = AnsweringServer.Start(Namespace, Port, sockets: 4, namesProcess: true);
        ChildServer? successor = null;
        Socket[] old = [];
        Socket[] young = [];
        try
        {
            shell.Run($"$null = New-ReuseportGroup {_group} -Port {Port}", $"Set-SteeringPolicy {_group} '{policy}'");
            old = Open();
            string[] before = Ask(old);
            Assert.All(before, answer => Assert.StartsWith(Text(former.ProcessId) + ":", answer, StringComparison.Ordinal));
            Assert.True(before.Distinct().Count() > 1);

            using ConnectionWatch connections = new(Namespace, Port);
            successor = AnsweringServer.Start(Namespace, Port, sockets: 4, namesProcess: true);
            JsonElement sync = shell.Run($"Sync-ReuseportGroup {_group} -NewGeneration");
            Assert.Equal((4, 8), (sync.GetProperty("FormerSlotCount").GetInt32(), sync.GetProperty("SlotCount").GetInt32()));
            Assert.Equal(before, Ask(old));
            young = Open();
            string[] placed = Ask(young);
            Assert.All(placed, answer => Assert.StartsWith(Text(successor.ProcessId) + ":", answer, StringComparison.Ordinal));

            JsonElement drain = shell.Run($"Suspend-SocketSlot {_group} 0-3 -Wait -Timeout 20s");
            Assert.True(drain.GetProperty("IsDrained").GetBoolean(), drain.ToString());
            Assert.Equal(before, Ask(old));
            former.Dispose();
            former = null;
            connections.Await(50);
            Assert.Equal(Text(successor.ProcessId), connections.Last);
            Assert.Empty(connections.Failures);

            string[] again = Ask(old);
            Assert.All(again, answer => Assert.StartsWith(Text(successor.ProcessId) + ":", answer, StringComparison.Ordinal));
            Assert.Equal(placed, Ask(young));
            JsonElement slots = shell.Run($"Get-SocketSlot {_group} -Slot 0");
            Assert.Equal("Empty", slots.GetProperty("State").GetString());
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Flows} old flows: 0 moved over the switch and the drain; {Flows} new ones: {Flows} on the new server; {connections.Answers} connections, {connections.Failures.Count} failed");
        }
        finally
        {
            shell.Run($"Remove-ReuseportGroup {_group} -Force -Confirm:$false");
            Array.ForEach([.. old, .. young], socket => socket.Dispose());
            former?.Dispose();
            successor?.Dispose();
            File.Delete(policy);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Socket[] Open() => Namespace.Run(() => Enumerable.Range(0, Flows).Select(_ =>
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
        socket.Connect(IPAddress.Loopback, Port);
        return socket;
    }).ToArray());

    private static string[] Ask(Socket[] sockets) => [.. sockets.Select(socket =>
    {
        byte[] answer = new byte[64];
        socket.Send([1]);
        return System.Text.Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
    })];

    /// <summary>One connection after the other, for as long as it lives.</summary>
    private sealed class ConnectionWatch : IDisposable
    {
        private readonly Thread _thread;
        private readonly List<Exception> _failures = [];
        private volatile bool _stop;
        private volatile int _answers;
        private volatile string _last = "";

        public ConnectionWatch(LinuxNamespace place, int port)
        {
            // A socket is of the namespace that it was made in; others want to go there too.
            _thread = new Thread(() =>
            {
                byte[] answer = new byte[64];
                while (!_stop)
                {
                    try
                    {
                        using Socket socket = place.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 });
                        socket.Connect(IPAddress.Loopback, port);
                        _last = System.Text.Encoding.ASCII.GetString(answer, 0, socket.Receive(answer)).Split(':')[0];
                        _answers++;
                    }
                    catch (Exception exception)
                    {
                        _failures.Add(exception);
                    }
                }
            });
            _thread.Start();
        }

        public List<Exception> Failures => _failures;

        public int Answers => _answers;

        public string Last => _last;

        public void Await(int count)
        {
            int goal = _answers + count;
            while (_answers < goal && _failures.Count < count)
            {
                Thread.Sleep(5);
            }
        }

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
        }
    }
}
