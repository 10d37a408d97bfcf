using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Tests;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>
/// The command lines of examples/systemd as they stand in the files, run at the moments at which systemd runs them, with a real nginx on the port that they name. The console host stands for pwsh, and a
/// file of the test for the policy in /etc; systemd itself is asked only whether it takes the files.
/// </summary>
public sealed partial class SystemdExampleTests : LinuxTest
{
    private const string Name = "web";
    private const string PolicyPath = "/etc/reuseportps/web.yaml";
    private const int Port = 443;
    private static readonly TimeSpan s_slowness = TimeSpan.FromSeconds(6);

    private readonly string _folder;
    private readonly LinuxBackendOptions _options;

    public SystemdExampleTests()
    {
        SkipUnless(File.Exists("/usr/sbin/nginx"), "Needs nginx (apt-get install nginx-core).");
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        _options = new LinuxBackendOptions { PinDirectory = bpffs.Path + "/groups" };
        _folder = Own(new TemporaryFolder()).Path;
        File.WriteAllText(Path.Combine(_folder, "web.yaml"), "version: 1\npolicy: web\notherwise: { by: slot, slot: 1 }\n");
    }

    private static string Drop => RepositoryRoot.Combine("examples", "systemd", "reuseportps-nginx.conf");

    private static string Boot => RepositoryRoot.Combine("examples", "systemd", "reuseportps-boot.service");

    [Fact]
    public void The_policy_is_in_force_and_every_worker_has_a_seat_after_boot_reload_restart_and_lost_pins()
    {
        CmdletShell shell = CmdletShell.In(Namespace);

        // Boot: nginx first, for which there is no group yet, and then the unit.
        Process nginx = StartNginx(2);
        try
        {
            Assert.Contains("RPS5301", Run(shell, Drop, "ExecStartPost", succeeds: false), StringComparison.Ordinal);
            Run(shell, Boot, "ExecStart");
            IsInForce(2);

            // The unit once more, as by systemctl restart: nothing changes.
            Run(shell, Boot, "ExecStart");
            IsInForce(2);

            ReloadSlowly(shell, nginx, 4);
            IsInForce(4);
            ReloadSlowly(shell, nginx, 2);
            IsInForce(2);

            Stop(nginx);
            nginx = StartNginx(4);
            Run(shell, Drop, "ExecStartPost");
            IsInForce(4);

            // Without its pins the program steers on; the unit takes it up again under load, and no request moves to another worker or fails.
            string before = Assert.Single(Answers(10));
            using (ConnectionLoad load = new(() => int.Parse(Answer(), CultureInfo.InvariantCulture), clients: 2))
            {
                load.Await(100);
                LosePins();
                load.Await(100);
                Assert.Contains("made again of program", Run(shell, Boot, "ExecStart"), StringComparison.Ordinal);
                load.Await(200);
                load.Dispose();
                Assert.Empty(load.Failures);
                Assert.Equal([int.Parse(before, CultureInfo.InvariantCulture)], load.WorkersSince(0).Keys);
            }

            IsInForce(4);

            // Workers that came while the pins were lost get seats by the same line.
            LosePins();
            Reload(nginx, 6);
            WaitForListeners(6);
            Run(shell, Boot, "ExecStart");
            IsInForce(6);

            // A program that is none of ours is left alone: with -Recover too.
            Namespace.Run(() =>
            {
                using LinuxBackend backend = new(_options);
                using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
                groups.Remove(Name);
                using IBackendProgram theirs = backend.LoadProgram(PassingProgram.Spec with { Maps = [], Instructions = [Instructions.MoveImmediate32(Register.R0, 1), Instructions.Exit()] }, []);
                using IBackendSocket member = backend.AcquireSocket(backend.FindSockets(new(TransportProtocol.Tcp, Port))[0]);
                member.AttachProgram(theirs);
                return true;
            });
            Assert.Contains("RPS5305", Run(shell, Boot, "ExecStart", succeeds: false), StringComparison.Ordinal);
        }
        finally
        {
            Stop(nginx);
        }
    }

    [Fact]
    public void Systemd_takes_the_files()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "Needs systemd-analyze.");
        string nginx = Path.Combine(_folder, "nginx.service");
        File.WriteAllText(nginx, "[Unit]\nDescription=nginx\n[Service]\nType=forking\nExecStart=/usr/sbin/nginx\nExecReload=/usr/sbin/nginx -s reload\n");
        Directory.CreateDirectory(nginx + ".d");
        File.Copy(Drop, nginx + ".d/reuseportps.conf");
        File.Copy(Boot, Path.Combine(_folder, Path.GetFileName(Boot)));
        using Process verify = Process.Start(new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", "--man=no", nginx, Path.Combine(_folder, Path.GetFileName(Boot))])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            Environment = { ["SYSTEMD_UNIT_PATH"] = _folder + ":" },
        })!;
        string[] said = verify.StandardError.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        verify.WaitForExit();
        Assert.All(said.Where(line => line.Contains("nginx", StringComparison.Ordinal) || line.Contains("reuseportps", StringComparison.Ordinal)),
            line => Assert.Contains("/usr/bin/pwsh is not executable", line, StringComparison.Ordinal));
    }

    [GeneratedRegex("""^(?<key>Exec[A-Za-z]+)=-?/usr/bin/pwsh -NoProfile -Command "(?<command>[^"]+)"$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommandLine { get; }

    /// <summary>Runs the command of a line of a unit file; what it said.</summary>
    private string Run(CmdletShell shell, string file, string key, bool succeeds = true)
    {
        string command = Assert.Single(File.ReadLines(file).Select(line => CommandLine.Match(line)), match => match.Success && match.Groups["key"].Value == key).Groups["command"].Value;
        string script = Path.Combine(_folder, "command.ps1");
        File.WriteAllText(script, command.Replace(PolicyPath, Path.Combine(_folder, "web.yaml"), StringComparison.Ordinal));
        using Process process = Namespace.Run(() => Process.Start(new ProcessStartInfo("dotnet", [shell.Assembly, script])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["REUSEPORTPS_BPFFS"] = _options.PinDirectory, ["REUSEPORTPS_BACKEND"] = "Linux", ["PSModulePath"] = RepositoryRoot.Combine("out"),
            },
        }))!;
        string said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(succeeds, !said.Contains("[RPS", StringComparison.Ordinal) && process.ExitCode == 0);
        return said;
    }

    /// <summary>Whether each worker has a seat, and one worker, that of slot 1, gets every connection.</summary>
    private void IsInForce(int workers)
    {
        Namespace.Run(() =>
        {
            using LinuxBackend backend = new(_options);
            using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
            using ManagedGroup group = groups.Find(Name)!;
            Assert.Equal("web", group.Policy?.Name);
            ulong[] seated = [.. group.ReadSlots().Select(slot => slot.Seats[0].Cookie).Where(cookie => cookie != 0)];
            Assert.Equal(workers, seated.Length);
            Assert.Equal(seated.Order(), backend.FindSockets(new(TransportProtocol.Tcp, Port)).Select(socket => socket.Cookie).Order());
            Assert.Equal(PolicyChange.None, group.Plan(group.Policy!).Change);
            return true;
        });
        Assert.Single(Answers(30));
    }

    // As when somebody empties the BPF file system: nothing is detached.
    private void LosePins()
    {
        foreach (string pin in Directory.EnumerateFiles($"{_options.PinDirectory}/g_{Name}"))
        {
            File.Delete(pin);
        }

        Directory.Delete($"{_options.PinDirectory}/g_{Name}");
    }

    private HashSet<string> Answers(int count) => [.. Enumerable.Range(0, count).Select(_ => Answer())];

    private string Answer() => Namespace.Run(() =>
    {
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.SendTimeout = socket.ReceiveTimeout = 5000;
        socket.Connect(System.Net.IPAddress.Loopback, Port);
        return Servers.HttpAnswer.Read(socket);
    });

    private Process StartNginx(int workers)
    {
        Process nginx = Namespace.Run(() => Process.Start("/usr/sbin/nginx", ["-c", Configure(workers), "-p", _folder, "-e", Path.Combine(_folder, "error.log")]));
        WaitForListeners(workers);
        return nginx;
    }

    private string Configure(int workers) => NginxConfiguration.Write(_folder, workers, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port} reuseport"), "$pid");

    // The new workers begin seconds after the line: a configuration that takes so long to read looks the same from outside.
    private void ReloadSlowly(CmdletShell shell, Process nginx, int workers)
    {
        Signal(nginx, "-STOP");
        Reload(nginx, workers);
        using Timer goesOn = new(_ => Signal(nginx, "-CONT"), null, s_slowness, Timeout.InfiniteTimeSpan);
        Assert.DoesNotContain("not settled", Run(shell, Drop, "ExecReload"), StringComparison.Ordinal);
    }

    // systemctl reload returns when nginx has been told, not when it is done; the lines in the example wait for themselves.
    private void Reload(Process nginx, int workers)
    {
        Configure(workers);
        Signal(nginx, "-HUP");
    }

    private void WaitForListeners(int workers) => Assert.True(SpinWait.SpinUntil(
        () => Backend.FindSockets(new(TransportProtocol.Tcp, Port, Namespace: Namespace)) is { } found && found.Count == workers && found.All(member => member.Owners.Length > workers),
        TimeSpan.FromSeconds(20)));

    private static void Stop(Process nginx)
    {
        if (!nginx.HasExited)
        {
            Signal(nginx, "-CONT");
            Signal(nginx, "-TERM");
            Assert.True(nginx.WaitForExit(10_000));
        }

        nginx.Dispose();
    }

    private static void Signal(Process process, string signal)
    {
        using Process kill = Process.Start("kill", [signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("reuseportps-systemd-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
