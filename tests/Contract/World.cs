using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>What a backend may openly lack. A case that needs it is skipped there with the reason.</summary>
public enum Ability
{
    /// <summary>Refusing at load what the kernel's verifier refuses.</summary>
    Verifier,
}

/// <summary>
/// A place where the contract is tried: a backend, a namespace for servers, one for clients (the same, over loopback), and
/// addresses by which the clients reach the servers. One per test class; ports are not used twice.
/// </summary>
public abstract class World : IDisposable
{
    private int _port = 20000;
    private int _sourcePort = 40000;

    /// <summary>Why nothing can be tried here, or null.</summary>
    public virtual string? Unavailable => null;

    /// <summary>Why an ability of the kernel cannot be tried here, or null when it can.</summary>
    public virtual string? Lacks(Ability ability) => null;

    public abstract IReuseportBackend Backend { get; }

    public abstract INetworkNamespace Servers { get; }

    public abstract INetworkNamespace Clients { get; }

    /// <summary>Name of the device over which packets reach the servers.</summary>
    public abstract string Device { get; }

    public IPAddress ServerV4 { get; } = IPAddress.Parse("10.7.0.1");

    public IPAddress ServerV6 { get; } = IPAddress.Parse("fd07::1");

    public IPAddress ClientV4 { get; } = IPAddress.Parse("10.8.0.1");

    public IPAddress ClientV6 { get; } = IPAddress.Parse("fd08::1");

    /// <summary>A port no test has used.</summary>
    public int NextPort() => Interlocked.Increment(ref _port);

    /// <summary>net.ipv4.tcp_migrate_req of the servers' namespace; 0 to begin with.</summary>
    public abstract bool MigratesRequests { set; }

    /// <summary>net.ipv4.tcp_syncookies of the servers' namespace: 0 never, 1 (to begin with) when too many requests wait, 2 always.</summary>
    public abstract int SynCookies { set; }

    /// <summary>Longest packet on the way to the servers that is not sent in fragments: of lo as it is set, of a wire 1500.</summary>
    public virtual int Mtu { get; set; } = 65536;

    /// <summary>Skips the test where a process may not have so many files open, sockets and all.</summary>
    public virtual void NeedsDescriptors(int count)
    {
    }

    /// <summary>TcpExt TCPMigrateReqSuccess and TCPMigrateReqFailure of the servers' namespace.</summary>
    public abstract (long Success, long Failure) MigrationCounters { get; }

    /// <summary>Puts the calling thread, and with it what it sends, on one CPU until disposed.</summary>
    public abstract IDisposable OnCpu(int cpu);

    /// <summary>Sends a packet as it is, from its network header on, from the clients to the servers.</summary>
    public abstract void Inject(byte[] packet);

    /// <summary>Creates a socket in the servers' namespace as another user does.</summary>
    public abstract IBackendSocket CreateSocketAs(uint uid, SocketSpec spec);

    /// <summary>Opens SO_REUSEPORT sockets in the servers' namespace as another process does, so many of each; they end when it is disposed.</summary>
    public abstract Stranger StartStranger(IReadOnlyList<SocketText> sockets, int port, int copies = 1);

    /// <summary>A flow from the client address, with a source port of its own, to the server address.</summary>
    public FlowKey NextFlow(TransportProtocol protocol, IpFamily family, int port) => new(
        family, protocol, FlowKey.ToNumber(family == IpFamily.V4 ? ClientV4 : ClientV6), FlowKey.ToNumber(family == IpFamily.V4 ? ServerV4 : ServerV6),
        (ushort)Interlocked.Increment(ref _sourcePort), (ushort)port);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
