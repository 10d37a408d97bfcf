using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Contract;

/// <summary>
/// This test program as a server: started with the variable set, it opens the sockets that the variable lists, prints their
/// cookies, and ends when its standard input does. No test runs then.
/// </summary>
internal static class StrangerProcess
{
    public const string Variable = "REUSEPORTPS_TEST_SERVER";

    private static readonly string s_process = Environment.ProcessPath!;

    private static readonly bool s_hosted = Path.GetFileNameWithoutExtension(s_process) == "dotnet";

    public static string Executable => s_process;

    public static IReadOnlyList<string> Arguments => s_hosted ? [typeof(StrangerProcess).Assembly.Location] : [];

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The entry point of the program is the test runner's.")]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } sockets)
        {
            return;
        }

        try
        {
            using LinuxBackend backend = new();
            List<IBackendSocket> open = [];
            foreach (string[] words in sockets.Split('\n').Select(line => line.Split(' ')).SelectMany(words => Enumerable.Repeat(words, int.Parse(words[4], CultureInfo.InvariantCulture))))
            {
                IBackendSocket socket = backend.CreateSocket(new SocketSpec(
                    Enum.Parse<TransportProtocol>(words[0]), Enum.Parse<IpFamily>(words[1]), bool.Parse(words[2])));
                socket.Bind(IPEndPoint.Parse(words[3]));
                if (socket.Protocol == TransportProtocol.Tcp)
                {
                    socket.Listen(128);
                }

                open.Add(socket);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cookie {socket.Cookie}"));
            }

            _ = Console.In.ReadToEnd();
            GC.KeepAlive(open);
            Environment.Exit(0);
        }
        catch (BackendException exception)
        {
            Console.WriteLine($"error {exception.Message}");
            Environment.Exit(1);
        }
    }
}
