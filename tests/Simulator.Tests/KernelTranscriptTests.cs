using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Simulator.Tests;

/// <summary>Does again what was recorded on a 6.18 kernel (Data/README.md) and compares every answer and every arrival.</summary>
public sealed class KernelTranscriptTests
{
    private const string File = "transcripts-6.18.txt";

    private static readonly IReadOnlyList<string> s_lines = TestData.Lines(File);
    private static readonly (int[] Calls, int Result)[] s_programs =
        [([], 1), ([], 0), ([0], 1), ([1], 1), ([2, 3], 1), ([1, 0], 0), ([3, 0], 1)];

    /// <summary>Each with programs interpreted, and compiled from their first run on.</summary>
    public static TheoryData<string, bool> Runs =>
        [.. from line in s_lines where line.StartsWith("run ", StringComparison.Ordinal) from compiled in (bool[])[false, true] select (line, compiled)];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Simulator_answers_as_the_kernel_did(string run, bool compiled)
    {
        string[] before = [.. s_lines.TakeWhile(line => line != run)];
        uint[] secrets = [.. before.Last(line => line.StartsWith("secrets ", StringComparison.Ordinal)).Split(' ').Skip(1).Select(word => uint.Parse(word, NumberStyles.HexNumber))];
        Host host = new(new SimulatorOptions
        {
            HashSecrets = new HashSecrets(secrets[0], secrets[1], secrets[2], secrets[3], secrets[4], secrets[5]),
            InterpretedRuns = compiled ? 0 : int.MaxValue,
        });
        host.Network.HashMix = secrets[6];
        Replay replay = new(host);
        string[] lines = [.. s_lines.Skip(before.Length + 1).TakeWhile(line => line != "end")];
        for (int i = 0; i < lines.Length; i++)
        {
            string[] parts = lines[i].Split(" -> ");
            string answer = replay.Do(parts[0].Split(' '));
            Assert.True(parts.Length == 1 || answer == parts[1], $"{run}, line {i}: {lines[i]}: the simulator says {answer}");
        }
    }

    private sealed class Replay
    {
        private readonly Host _host;
        private readonly Dictionary<string, IBackendSocket> _sockets = [];
        private readonly IBackendMap _seats;
        private readonly IBackendProgram[] _programs;

        public Replay(Host host)
        {
            _host = host;
            _seats = host.SockArray(4);
            _programs = [.. s_programs.Select(program => host.Selecting(_seats, program.Result, program.Calls))];
        }

        public string Do(string[] word)
        {
            IBackendSocket socket = word.Length > 1 ? _sockets.GetValueOrDefault(word[0] == "seat" ? word[2] : word[1])! : null!;
            return word[0] switch
            {
                "migrate" => Perform(() => _host.Network.TcpMigrateRequests = word[1] == "1"),
                "new" => Perform(() => Create(word)),
                "bind" => Perform(() => socket.Bind(Host.EndPoint(word[2], Number(word[3])))),
                "listen" => Perform(() => socket.Listen(Number(word[2]))),
                "connect" => Perform(() => socket.Connect(Host.EndPoint(word[2], Number(word[3])))),
                "disconnect" => Perform(socket.Disconnect),
                "shutdown" => Perform(() => socket.Shutdown((SocketShutdown)Number(word[2]))),
                "close" => Perform(() => Close(word[1])),
                "set" => Perform(() => socket.SetOption(word[2] == "rp" ? SocketOption.ReusePort : SocketOption.IncomingCpu, Number(word[3]))),
                "seat" => Perform(() => _seats.UpdateSocket((uint)Number(word[1]), socket, (MapUpdateFlags)Number(word[3]))),
                "unseat" => Perform(() => _seats.Delete(BitConverter.GetBytes(Number(word[1])))),
                "attach" => Perform(() => socket.AttachProgram(_programs[Number(word[2])])),
                "detach" => Perform(socket.DetachProgram),
                "seats" => string.Join(' ', Enumerable.Range(0, 4).Select(Occupant)),
                "name" => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Name(socket)} {socket.GetOption(SocketOption.IncomingCpu)} {(socket.Family == IpFamily.V6 ? socket.GetOption(SocketOption.V6Only) : 0)}"),
                "probe" when word[1] == "udp" => ProbeUdp(word),
                "probe" => ProbeTcp(word),
                _ => throw new InvalidDataException(word[0]),
            };
        }

        private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

        private static string Perform(Action action) => ((int)Host.Outcome(action)).ToString(CultureInfo.InvariantCulture);

        private static string Name(IBackendSocket socket) =>
            socket.LocalEndPoint is { } local ? $"{local.Address} {(local.Port < 32768 ? local.Port : "e")}" : socket.Family == IpFamily.V4 ? "0.0.0.0 0" : ":: 0";

        private void Create(string[] word)
        {
            IBackendSocket socket = _host.Backend.CreateSocket(new SocketSpec(
                word[2] == "udp" ? TransportProtocol.Udp : TransportProtocol.Tcp, word[3] == "4" ? IpFamily.V4 : IpFamily.V6,
                word[4] == "1", word[6] == "1", Number(word[7]), word[8] == "1" ? "lo" : null));
            socket.SetOption(SocketOption.ReuseAddress, Number(word[5]));
            _sockets.Add(word[1], socket);
        }

        private void Close(string id)
        {
            _sockets[id].Dispose();
            _sockets.Remove(id);
        }

        private string Occupant(int seat) =>
            _seats.Lookup(BitConverter.GetBytes(seat)) is not { } value ? "0"
            : _sockets.Single(pair => pair.Value.Cookie == BinaryPrimitives.ReadUInt64LittleEndian(value)).Key;

        private string ProbeUdp(string[] word)
        {
            using IBackendSocket client = Client(TransportProtocol.Udp, word);
            client.SendTo("x"u8, Host.EndPoint(word[4], Number(word[5])));
            return Arrivals(TransportProtocol.Udp, socket =>
            {
                bool received = false;
                Host.Outcome(() => received = socket.TryReceive(new byte[1], out _, out _));
                return received;
            });
        }

        private string ProbeTcp(string[] word)
        {
            IBackendSocket client = Client(TransportProtocol.Tcp, word);
            Errno error = Host.Outcome(() => client.Connect(Host.EndPoint(word[4], Number(word[5]))));
            string arrived = error != Errno.None ? "0" : Arrivals(TransportProtocol.Tcp, socket =>
            {
                IBackendSocket? accepted = null;
                Host.Outcome(() => accepted = socket.TryAccept(out _));
                accepted?.Abort();
                return accepted is not null;
            });
            client.Abort();
            return $"{(int)error} {arrived}";
        }

        private IBackendSocket Client(TransportProtocol protocol, string[] word)
        {
            IBackendSocket client = _host.Socket(protocol, word[2], reusePort: false);
            client.Bind(Host.EndPoint(word[2], Number(word[3])));
            return client;
        }

        private string Arrivals(TransportProtocol protocol, Func<IBackendSocket, bool> receive) =>
            string.Join(',', _sockets.Where(pair => pair.Value.Protocol == protocol && receive(pair.Value)).Select(pair => pair.Key)) is { Length: > 0 } ids ? ids : "0";
    }
}
