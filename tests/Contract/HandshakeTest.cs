using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>What tests of TCP between SYN and accept share. The sysctls are as they were when the test ends.</summary>
public abstract class HandshakeTest<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (World.Unavailable is null)
        {
            World.MigratesRequests = false;
            World.SynCookies = 1;
        }
    }

    /// <summary>A client socket, bound to the flow's source, that may share its port with a connection that is over.</summary>
    protected IBackendSocket Client(FlowKey flow)
    {
        IBackendSocket client = Keep(Backend.CreateSocket(new SocketSpec(flow.Protocol, flow.Family, ReusePort: false), World.Clients));
        client.SetOption(SocketOption.ReuseAddress, 1);
        client.Bind(flow.SourceEndPoint);
        return client;
    }

    /// <summary>A client whose handshake is done, as it sees it.</summary>
    protected IBackendSocket Connect(FlowKey flow)
    {
        IBackendSocket client = Client(flow);
        client.Connect(flow.DestinationEndPoint);
        return client;
    }

    protected FlowKey NextFlow(string kind)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(kind.Split(' ')[0]);
        return World.NextFlow(protocol, family, Port);
    }

    /// <summary>Connections waiting to be accepted, for each listener; asked until it is so, or for a while.</summary>
    protected void AssertQueues(IReadOnlyList<IBackendSocket> listeners, params int[] expected)
    {
        _ = Becomes(() => Queues().SequenceEqual(expected));
        Assert.Equal(expected, Queues());

        int[] Queues() => [.. listeners.Select(listener => Record(listener).ReceiveQueue)];
    }

    /// <summary>Accepts a connection, which must come soon.</summary>
    protected IBackendSocket Accept(IBackendSocket listener)
    {
        Assert.NotNull(Backend.WaitForArrival([listener], Patience));
        return Keep(listener.TryAccept(out _)!);
    }

    /// <summary>Holds a connection to how one end must see it: open (nothing came), reset, ended, or the bytes that came.</summary>
    protected void AssertState(string expected, IBackendSocket end) =>
        Assert.Equal(expected, StateOf(end, expected == "open" ? TimeSpan.FromMilliseconds(20) : Patience));

    protected string StateOf(IBackendSocket client, TimeSpan patience)
    {
        if (Backend.WaitForArrival([client], patience) is null)
        {
            return "open";
        }

        byte[] buffer = new byte[16];
        int length = 0;
        Errno error = Refusal(() => Assert.True(client.TryReceive(buffer, out length, out _)));
        return error is Errno.ECONNRESET or Errno.EPIPE ? "reset" : error != Errno.None ? error.ToString() : length == 0 ? "ended" : Convert.ToHexString(buffer, 0, length);
    }

    protected void StopListening(IBackendSocket listener, string how)
    {
        if (how == "close")
        {
            listener.Dispose();
        }
        else
        {
            listener.Shutdown(SocketShutdown.Receive);
        }
    }
}
