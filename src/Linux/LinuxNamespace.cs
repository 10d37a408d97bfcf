using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Namespaces;
using ReuseportPS.Linux.Netlink;

namespace ReuseportPS.Linux;

/// <summary>A network namespace: the one this process is in, one made here, or one of another process.</summary>
public sealed class LinuxNamespace : INetworkNamespace
{
    private const int Loopback = 1;
    private const int Veth = 1000; // above the fallback devices that some kernels put into every namespace
    private const byte WireTable = 101;

    private readonly SafeNamespaceFd _fd;
    private readonly NamespaceThread? _thread;
    private readonly bool _isPrivate;
    private bool _isWired;

    private LinuxNamespace(SafeNamespaceFd fd, NamespaceThread? thread, bool isPrivate = false)
    {
        _isPrivate = isPrivate;
        _fd = fd;
        _thread = thread;
        nint result = Sys.statx(fd, out ulong inode, out _);
        if (result < 0)
        {
            throw LinuxErrors.Refused("statx", result, "a network namespace");
        }

        Id = inode;
    }

    /// <inheritdoc/>
    public ulong Id { get; }

    /// <summary>Sets the MTU of lo: longer datagrams come in fragments.</summary>
    public void SetLoopbackMtu(int mtu) => Run(() =>
    {
        using RouteNetlink route = new();
        route.SetMtu(Loopback, (uint)mtu);
        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread?.Dispose();
        _fd.Dispose();
    }

    /// <summary>
    /// Lays a veth pair between this namespace and another one made here. From then on both ends send everything over the wire,
    /// whatever the address, and take as their own everything that comes over it: any flow between any two addresses (but
    /// 127.0.0.0/8 and ::1) can be reproduced between the two. Loopback traffic inside either of them ends.
    /// </summary>
    public void ConnectTo(LinuxNamespace other)
    {
        ObjectDisposedException.ThrowIf(_fd.IsClosed, this);
        if (this == other || _isWired || other._isWired || !_isPrivate || !other._isPrivate)
        {
            throw new InvalidOperationException("A wire joins two namespaces that were made here and have none yet.");
        }

        VethEnd here = new("veth0", Veth, [2, 0, 0, 0, 0, 1]);
        VethEnd there = new("veth0", Veth, [2, 0, 0, 0, 0, 2]);
        (_isWired, other._isWired) = (true, true);
        _ = Run(() =>
        {
            using RouteNetlink route = new();
            route.AddVeth(here, there, other._fd);
            return true;
        });
        Wire(here, there, 1, 2);
        other.Wire(there, here, 2, 1);
        WaitUntilRunning();
        other.WaitUntilRunning();
    }

    /// <inheritdoc/>
    public void SetSysctl(string name, long value) => OnSysctl(
        name, string.Create(CultureInfo.InvariantCulture, $"{name} = {value}"), path =>
        {
            File.WriteAllText(path, value.ToString(CultureInfo.InvariantCulture));
            return true;
        });

    /// <inheritdoc/>
    public long ReadSysctl(string name) => OnSysctl(name, name, path =>
        long.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out long value) ? value : throw LinuxErrors.Refused("sysctl", -(int)Errno.EINVAL, $"{name}, which is not one number"));

    /// <inheritdoc/>
    public long ReadCounter(string name) => Run(() => ReadTcpCounter("/proc/thread-self/net/netstat", name));

    /// <summary>A TcpExt counter in a file as /proc/PID/net/netstat.</summary>
    internal static long ReadTcpCounter(string path, string name)
    {
        string[] lines = [];
        try
        {
            lines = [.. File.ReadLines(path).Where(line => line.StartsWith("TcpExt:", StringComparison.Ordinal))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process that showed them has ended, or hides them: told below.
        }

        int column = lines.Length < 2 ? -1 : Array.IndexOf(lines[0].Split(' '), name);
        return column > 0
            ? long.Parse(lines[1].Split(' ')[column], CultureInfo.InvariantCulture)
            : throw LinuxErrors.Refused("read /proc/net/netstat", -(int)Errno.ENOENT, name);
    }

    internal static LinuxNamespace OfThisThread() => new(Open("/proc/thread-self/ns/net"), thread: null);

    /// <summary>The namespace of a process; what runs in it runs on a thread of its own.</summary>
    internal static LinuxNamespace OfProcess(int processId) => OfFile(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"));

    /// <summary>The namespace that a file is bound to, such as /run/netns/NAME.</summary>
    internal static LinuxNamespace OfFile(string path)
    {
        SafeNamespaceFd fd = Open(path);
        try
        {
            return new LinuxNamespace(fd, new NamespaceThread(() => Enter(fd)));
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    internal static LinuxNamespace Create()
    {
        SafeNamespaceFd? fd = null;
        try
        {
            NamespaceThread thread = new(() =>
            {
                nint result = Sys.unshare(Sys.CLONE_NEWNET);
                if (result < 0)
                {
                    throw LinuxErrors.Refused("unshare", result, "a new network namespace");
                }

                fd = Open("/proc/thread-self/ns/net");
                SetUpLoopback();
            });
            return new LinuxNamespace(fd!, thread, isPrivate: true);
        }
        catch
        {
            fd?.Dispose();
            throw;
        }
    }

    /// <summary>Runs a function on a thread that is in the namespace.</summary>
    internal T Run<T>(Func<T> function) => _thread is null ? function() : _thread.Run(function);

    private static SafeNamespaceFd Open(string path)
    {
        nint fd = Sys.openat(path, Sys.O_RDONLY);
        return fd < 0 ? throw LinuxErrors.Refused("open /proc/PID/ns/net", fd, path) : new SafeNamespaceFd(fd);
    }

    private static void Enter(SafeNamespaceFd fd)
    {
        nint result = Sys.setns(fd, Sys.CLONE_NEWNET);
        if (result < 0)
        {
            throw LinuxErrors.Refused("setns", result, "a network namespace");
        }
    }

    private static void SetUpLoopback()
    {
        using RouteNetlink route = new();
        route.SetUp(Loopback);
        route.AddLocalDefault(SocketConstants.AF_INET, Loopback);
        if (Directory.Exists("/proc/sys/net/ipv6"))
        {
            route.AddLocalDefault(SocketConstants.AF_INET6, Loopback);
            SetSysctl("ipv6/ip_nonlocal_bind", "1"); // bind looks at addresses only, not at local routes
        }

        SetSysctl("ipv4/ip_nonlocal_bind", "1");
    }

    // A file under /proc/sys/net shows the namespace of the thread that opens it.
    private T OnSysctl<T>(string name, string target, Func<string, T> action)
    {
        if (!name.StartsWith("net.", StringComparison.Ordinal) || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_'))
        {
            throw LinuxErrors.Refused("sysctl", -(int)Errno.ENOENT, name);
        }

        return Run(() =>
        {
            try
            {
                return action("/proc/sys/" + name.Replace('.', '/'));
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                throw LinuxErrors.Refused("sysctl", -(int)Errno.ENOENT, name);
            }
            catch (UnauthorizedAccessException)
            {
                throw LinuxErrors.Refused("sysctl", -(int)Errno.EACCES, name);
            }
            catch (IOException)
            {
                throw LinuxErrors.Refused("sysctl", -(int)Errno.EINVAL, target);
            }
        });
    }

    private static void SetSysctl(string name, string value) => File.WriteAllText("/proc/sys/net/" + name, value);

    private void WaitUntilRunning() => Run(() =>
    {
        using RouteNetlink route = new();
        route.WaitUntilRunning(Veth);
        return true;
    });

    private void Wire(VethEnd here, VethEnd there, byte side, byte otherSide) => Run(() =>
    {
        using RouteNetlink route = new();
        foreach (string scope in (string[])["all", here.Name])
        {
            SetSysctl($"ipv4/conf/{scope}/rp_filter", "0");
            SetSysctl($"ipv4/conf/{scope}/accept_local", "1");
        }

        route.SetUp(here.Index);
        WireFamily(route, SocketConstants.AF_INET, V4(side), V4(otherSide), 30);
        if (Directory.Exists("/proc/sys/net/ipv6"))
        {
            WireFamily(route, SocketConstants.AF_INET6, V6(side), V6(otherSide), 126);
        }

        return true;

        static IPAddress V4(byte host) => new([10, 255, 255, host]);

        static IPAddress V6(byte host) => new([0xfd, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);

        void WireFamily(RouteNetlink route, byte family, IPAddress own, IPAddress peer, byte prefixLength)
        {
            route.AddAddress(here.Index, own, prefixLength);
            route.AddNeighbour(here.Index, peer, there.HardwareAddress);
            route.AddDefault(here.Index, peer, WireTable);

            // What this host sends goes to the wire before the local table is asked; what arrives asks the local table.
            route.AddRule(family, 10, WireTable, "lo");
            route.AddRule(family, 20, NetlinkConstants.RT_TABLE_LOCAL, inputDevice: null);
            route.DeleteRule(family, 0, NetlinkConstants.RT_TABLE_LOCAL);
        }
    });
}
