using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Interop;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Linux.Tests;

/// <summary>
/// A test on the real kernel, in a network namespace of its own. Skipped with the reason where the process may not. At the end
/// no descriptor of a socket, map, program, process or namespace is left that was not there before.
/// </summary>
public abstract class LinuxTest : IDisposable
{
    private static readonly Lazy<string?> s_refusal = new(() =>
    {
        try
        {
            using LinuxBackend backend = new();
            backend.CreateNamespace().Dispose();
            backend.CreateMap(SockArray(1)).Dispose();
            return null;
        }
        catch (BackendException exception)
        {
            return exception.Message;
        }
    });

    private readonly IReadOnlyList<string> _descriptorsBefore;
    private readonly List<IDisposable> _owned = [];

    protected LinuxTest()
    {
        Assert.SkipUnless(s_refusal.Value is null, $"Needs a kernel that lets this process: {s_refusal.Value}");
        _descriptorsBefore = OpenKernelObjects();
        Backend = Own(new LinuxBackend());
        Namespace = (LinuxNamespace)Own(Backend.CreateNamespace());
    }

    /// <summary>A number that a variable of the environment may set for a run: a seed, a size.</summary>
    protected static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is string text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    protected LinuxBackend Backend { get; }

    protected LinuxNamespace Namespace { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        Assert.Equal(_descriptorsBefore, OpenKernelObjects());
    }

    protected static MapSpec SockArray(int entries, int valueSize = 8) => new("socks", MapType.ReuseportSockArray, 4, valueSize, entries);

    /// <summary>A program that selects a slot of its only map and passes.</summary>
    protected static ProgramSpec SelectSlot(int slot, MapSpec map) => new(
        "select", ProgramType.SkReuseport, AttachType.SkReuseportSelect,
        [
            StoreImmediate(MemorySize.Word, Register.R10, -4, slot),
            LoadMap(Register.R2, 0),
            Move(Register.R3, Register.R10),
            Alu64(AluOperation.Add, Register.R3, -4),
            MoveImmediate(Register.R4, 0),
            CallHelper(82),
            MoveImmediate(Register.R0, 1),
            Exit(),
        ],
        [map]);

    /// <summary>A program that returns a constant: 1 passes, anything else rejects.</summary>
    protected static ProgramSpec Return(int value, ProgramType type = ProgramType.SkReuseport) => new(
        "ret", type, type == ProgramType.SkReuseport ? AttachType.SkReuseportSelect : AttachType.None, [MoveImmediate(Register.R0, value), Exit()], []);

    protected static Errno ErrnoOf(Action action) => Assert.Throws<BackendException>(action).Errno;

    protected static byte[] Key(uint index)
    {
        byte[] key = new byte[4];
        MemoryMarshal.Write(key, in index);
        return key;
    }

    /// <summary>For the constructors of tests: what was made so far is taken down before the test is skipped.</summary>
    protected void SkipUnless(bool condition, string reason)
    {
        if (!condition)
        {
            Dispose();
        }

        Assert.SkipUnless(condition, reason);
    }

    protected T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    protected LinuxMap Map(MapSpec spec) => (LinuxMap)Own(Backend.CreateMap(spec));

    protected LinuxProgram Program(ProgramSpec spec, params IBackendMap[] maps) => (LinuxProgram)Own(Backend.LoadProgram(spec, maps));

    protected LinuxSocket Socket(TransportProtocol protocol, IpFamily family = IpFamily.V4, bool reusePort = true, LinuxNamespace? place = null) =>
        (LinuxSocket)Own(Backend.CreateSocket(new SocketSpec(protocol, family, reusePort), place ?? Namespace));

    /// <summary>A socket of a kind that the backend does not make, in the namespace of the test.</summary>
    private protected LinuxSocket ForeignSocket(int domain, int type, int protocol)
    {
        nint fd = Namespace.Run(() => Sys.socket(domain, type, protocol));
        Assert.SkipUnless(fd != -(int)Errno.EPROTONOSUPPORT, $"Needs a kernel with protocol {protocol}.");
        return Own(new LinuxSocket(new SafeSocketFd(fd), TransportProtocol.Udp, IpFamily.V4));
    }

    /// <summary>A socket that is bound, and a listener if it is TCP.</summary>
    protected LinuxSocket Member(TransportProtocol protocol, string endPoint, bool reusePort = true, LinuxNamespace? place = null)
    {
        IPEndPoint parsed = IPEndPoint.Parse(endPoint);
        LinuxSocket socket = Socket(protocol, parsed.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6, reusePort, place);
        socket.Bind(parsed);
        if (protocol == TransportProtocol.Tcp)
        {
            socket.Listen(64);
        }

        return socket;
    }

    protected ImmutableArray<LinuxSocket> Group(TransportProtocol protocol, string endPoint, int count, LinuxNamespace? place = null) =>
        [.. Enumerable.Range(0, count).Select(_ => Member(protocol, endPoint, place: place))];

    protected SocketRecord Record(LinuxSocket socket, LinuxNamespace? place = null) =>
        Assert.Single(Backend.FindSockets(new SocketQuery(Cookie: socket.Cookie, Namespace: place ?? Namespace)));

    /// <summary>Index of the member that gets one datagram or connection from a source.</summary>
    protected int WhoGets(IReadOnlyList<LinuxSocket> members, string source, LinuxNamespace? place = null)
    {
        LinuxSocket first = members[0];
        IPEndPoint destination = first.LocalEndPoint!;
        using LinuxSocket client = (LinuxSocket)Backend.CreateSocket(new SocketSpec(first.Protocol, first.Family, ReusePort: false), place ?? Namespace);
        client.Bind(IPEndPoint.Parse(source));
        if (first.Protocol == TransportProtocol.Udp)
        {
            client.SendTo("hello"u8, destination);
        }
        else
        {
            client.Connect(destination);
        }

        IBackendSocket? arrival = Backend.WaitForArrival([.. members], TimeSpan.FromSeconds(5));
        int index = arrival is null ? -1 : members.ToList().IndexOf((LinuxSocket)arrival);
        if (arrival is not null && first.Protocol == TransportProtocol.Udp)
        {
            Assert.True(arrival.TryReceive(new byte[16], out int length, out IPEndPoint? from));
            Assert.Equal(5, length);
            Assert.Equal(client.LocalEndPoint, from);
        }
        else if (arrival is not null)
        {
            using IBackendSocket accepted = arrival.TryAccept(out IPEndPoint? peer)!;
            Assert.Equal(client.LocalEndPoint, peer);
            client.Abort();
        }

        return index;
    }

    private static IReadOnlyList<string> OpenKernelObjects() =>
    [
        .. Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Select(path => new FileInfo(path).LinkTarget ?? "")
            .Where(target => target.Contains("bpf", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal)
                || target.StartsWith("net:", StringComparison.Ordinal) || target.Contains("pidfd", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
