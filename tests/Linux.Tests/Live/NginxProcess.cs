using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A real nginx with reuseport workers on a loopback port; each answer is the pid of the worker that gave it.</summary>
internal sealed class NginxProcess : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-nginx-").FullName;
    private readonly Process _master;
    private readonly bool _reuseport;

    public NginxProcess(int workers, bool reuseport = true)
    {
        Port = FreePort();
        _reuseport = reuseport;
        string configuration = WriteConfiguration(workers);
        _master = Process.Start(new ProcessStartInfo("nginx", ["-p", _folder, "-e", Path.Combine(_folder, "error.log"), "-c", configuration])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        WaitUntilItAnswers(workers);
    }

    public int Port { get; }

    public int MasterId => _master.Id;

    public static bool IsInstalled => File.Exists("/usr/sbin/nginx");

    /// <summary>One request on a connection of its own: the pid of the worker that answered.</summary>
    public int Request()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SendTimeout = socket.ReceiveTimeout = 5000;
        socket.Connect(IPAddress.Loopback, Port);
        socket.Send("GET / HTTP/1.0\r\n\r\n"u8);
        byte[] buffer = new byte[1024];
        int length = 0;
        for (int read; (read = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None)) > 0;)
        {
            length += read;
        }

        string answer = System.Text.Encoding.ASCII.GetString(buffer, 0, length);
        return int.Parse(answer[(answer.LastIndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Reloads with another number of workers, and waits until so many new ones answer.</summary>
    public void Reload(int workers)
    {
        WriteConfiguration(workers);
        HashSet<int> before = [.. Enumerable.Range(0, 100).Select(_ => Request())];
        using (Process? kill = Process.Start("kill", ["-HUP", _master.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        HashSet<int> after = [];
        for (int attempt = 0; attempt < 2000 && after.Count < workers; attempt++)
        {
            int worker = Request();
            if (!before.Contains(worker))
            {
                after.Add(worker);
            }
        }
    }

    public void Dispose()
    {
        // By id, the master alone: nginx's master ends its workers on SIGTERM.
        using (Process? kill = Process.Start("kill", ["-TERM", _master.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        if (!_master.WaitForExit(10_000))
        {
            _master.Kill(entireProcessTree: true);
        }

        _master.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string WriteConfiguration(int workers)
    {
        string path = Path.Combine(_folder, "nginx.conf");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $$"""
            worker_processes {{workers}};
            daemon off;
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/error.log;
            events { worker_connections 4096; }
            http {
                access_log off;
                client_body_temp_path {{_folder}}/body;
                proxy_temp_path {{_folder}}/proxy;
                fastcgi_temp_path {{_folder}}/fastcgi;
                uwsgi_temp_path {{_folder}}/uwsgi;
                scgi_temp_path {{_folder}}/scgi;
                server {
                    listen 127.0.0.1:{{Port}}{{(_reuseport ? " reuseport" : "")}};
                    location / { default_type text/plain; return 200 "$pid\n"; }
                }
            }
            """));
        return path;
    }

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private void WaitUntilItAnswers(int workers)
    {
        HashSet<int> seen = [];
        for (int attempt = 0; attempt < 500; attempt++)
        {
            try
            {
                seen.Add(Request());
                if (seen.Count == workers || attempt > 400)
                {
                    return;
                }
            }
            catch (SocketException)
            {
                Thread.Sleep(20);
            }
        }

        throw new InvalidOperationException("nginx does not answer: " + File.ReadAllText(Path.Combine(_folder, "error.log")));
    }
}
