using System.Net;
using System.Net.Sockets;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>
/// A shell applies a policy that waits to be confirmed and is killed: the kernel returns to the policy before, with nobody there to do it, and not one datagram or connection is lost.
/// </summary>
public sealed class ConfirmRollbackTests : LinuxTest
{
    private const int Port = 18082;

    private readonly string _group = "confirm-" + Guid.NewGuid().ToString("N")[..8];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_kernel_returns_though_the_shell_was_killed_and_nothing_is_lost(bool hasPolicy)
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "former.yaml"), "version: 1\npolicy: former\notherwise: { by: slot, slot: 0 }");
        File.WriteAllText(Path.Combine(folder, "newer.yaml"), "version: 1\npolicy: newer\notherwise: { by: hash, to: [1] }");
        using ChildServer server = AnsweringServer.Start(Namespace, Port, sockets: 2, namesProcess: false);
        try
        {
            shell.Run([$"$null = New-ReuseportGroup {_group} -Port {Port}", hasPolicy ? $"Set-SteeringPolicy {_group} '{folder}/former.yaml'" : $"Get-ReuseportGroup {_group}"]);
            using Load load = new(Namespace, Port);
            load.Await(answer: null, 20);
            shell.RunAndBeKilled($"Set-SteeringPolicy {_group} '{folder}/newer.yaml' -ConfirmWithin 1500ms");

            // The newer policy sends all to the second socket; the former one to the first, and the kernel's choice to both.
            load.Await("1", 1);
            load.Await("0", 50);
            Assert.Empty(load.Failures);
            System.Text.Json.JsonElement applied = shell.Run($"$applied = Get-SteeringPolicy {_group}", $"$null = Restore-SteeringPolicy {_group}", "$applied");
            Assert.Equal("RolledBack", applied.GetProperty("State").GetString());
            Assert.Equal("policy 'newer'", applied.GetProperty("Alternative").GetString());
            Assert.Equal(hasPolicy ? "Policy" : "None", applied.GetProperty("Kind").GetString());
            load.Await(hasPolicy ? "0" : null, 20);
            Assert.Empty(load.Failures);
            TestContext.Current.TestOutputHelper?.WriteLine($"{load.Answers} answers, {load.Failures.Count} failures");
        }
        finally
        {
            shell.Run($"Remove-ReuseportGroup {_group} -Force -Confirm:$false");
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Datagrams and connections, one after the other and each from a port of its own, for as long as it lives.</summary>
    private sealed class Load : IDisposable
    {
        private readonly Thread _thread;
        private readonly List<Exception> _failures = [];
        private readonly Lock _lock = new();
        private readonly Dictionary<string, int> _answers = [];
        private volatile bool _stop;

        public Load(LinuxNamespace place, int port)
        {
            _thread = new Thread(() =>
            {
                byte[] answer = new byte[64];
                for (int number = 0; !_stop; number++)
                {
                    bool isDatagram = number % 2 == 0;
                    try
                    {
                        using Socket socket = place.Run(() => isDatagram
                            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10000 }
                            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10000 });
                        socket.Connect(IPAddress.Loopback, port);
                        if (isDatagram)
                        {
                            socket.Send([1]);
                        }

                        string name = System.Text.Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
                        lock (_lock)
                        {
                            _answers[name] = _answers.GetValueOrDefault(name) + 1;
                        }
                    }
                    catch (Exception exception)
                    {
                        _failures.Add(exception);
                    }

                    Thread.Sleep(1);
                }
            });
            _thread.Start();
        }

        public List<Exception> Failures => _failures;

        public int Answers
        {
            get
            {
                lock (_lock)
                {
                    return _answers.Values.Sum();
                }
            }
        }

        /// <summary>Waits for so many more answers of a socket, or of any.</summary>
        public void Await(string? answer, int count)
        {
            int wanted = Count(answer) + count;
            for (int attempt = 0; Count(answer) < wanted && _failures.Count == 0 && attempt < 3000; attempt++)
            {
                Thread.Sleep(10);
            }

            Assert.True(Count(answer) >= wanted, $"{count} answers of {answer ?? "any"} did not come; {_failures.FirstOrDefault()}");
        }

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
        }

        private int Count(string? answer)
        {
            lock (_lock)
            {
                return answer is null ? _answers.Values.Sum() : _answers.GetValueOrDefault(answer);
            }
        }
    }
}
