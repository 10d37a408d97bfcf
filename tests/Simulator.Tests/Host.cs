using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Packets;

namespace ReuseportPS.Simulator.Tests;

/// <summary>A simulated host with short words for what the tests do to it.</summary>
internal sealed class Host
{
    public const int Port = 5000;

    public Host(SimulatorOptions? options = null)
    {
        Backend = new SimulatorBackend(options ?? new SimulatorOptions { Seed = 1 });
        Network = (SimulatedNamespace)Backend.CurrentNamespace;
    }

    public SimulatorBackend Backend { get; }

    public SimulatedNamespace Network { get; }

    public static IPEndPoint EndPoint(string address, int port = Port) => new(IPAddress.Parse(address), port);

    public static Errno Outcome(Action action)
    {
        try
        {
            action();
            return Errno.None;
        }
        catch (BackendException refusal)
        {
            return refusal.Errno;
        }
    }

    public IBackendSocket Socket(TransportProtocol protocol, string address, bool reusePort = true, bool? v6Only = null, string? device = null, int? incomingCpu = null) =>
        Backend.CreateSocket(new SocketSpec(
            protocol, address.Contains(':', StringComparison.Ordinal) ? IpFamily.V6 : IpFamily.V4, reusePort, v6Only, incomingCpu, device));

    /// <summary>A socket that receives: bound, and listening when TCP.</summary>
    public IBackendSocket Open(
        TransportProtocol protocol, string address, int port = Port, bool reusePort = true, bool? v6Only = null, string? device = null, int? incomingCpu = null)
    {
        IBackendSocket socket = Socket(protocol, address, reusePort, v6Only, device, incomingCpu);
        socket.Bind(EndPoint(address, port));
        if (protocol == TransportProtocol.Tcp)
        {
            socket.Listen(128);
        }

        return socket;
    }

    public IBackendSocket[] OpenGroup(TransportProtocol protocol, string address, int count, int port = Port) =>
        [.. Enumerable.Range(0, count).Select(_ => Open(protocol, address, port))];

    public IBackendMap SockArray(int entries = 16, int valueSize = 8, MapFlags flags = MapFlags.None) =>
        Backend.CreateMap(new MapSpec("seats", MapType.ReuseportSockArray, 4, valueSize, entries, flags));

    public IBackendProgram Program(IReadOnlyList<IBackendMap> maps, AttachType attachType, params ReadOnlySpan<Instruction> code) =>
        Backend.LoadProgram(
            new ProgramSpec("test", ProgramType.SkReuseport, attachType, [.. code], [.. maps.Select(map => map.Spec)]), maps);

    public IBackendProgram Program(IReadOnlyList<IBackendMap> maps, params ReadOnlySpan<Instruction> code) => Program(maps, AttachType.SkReuseportSelect, code);

    /// <summary>A program that returns a number.</summary>
    public IBackendProgram Returning(int value) => Program([], Instructions.MoveImmediate(Register.R0, value), Instructions.Exit());

    /// <summary>A program that calls helper 82 once per index and returns a number.</summary>
    public IBackendProgram Selecting(IBackendMap seats, int result, params int[] indexes) => Program([seats], SelectCode(result, indexes));

    public static Instruction[] SelectCode(int result, params int[] indexes)
    {
        List<Instruction> code = [Instructions.Move(Register.R6, Register.R1)];
        foreach (int index in indexes)
        {
            code.AddRange(
            [
                Instructions.StoreImmediate(MemorySize.Word, Register.R10, -4, index),
                Instructions.Move(Register.R1, Register.R6),
                Instructions.LoadMap(Register.R2, 0),
                Instructions.Move(Register.R3, Register.R10),
                Instructions.Alu64(AluOperation.Add, Register.R3, -4),
                Instructions.MoveImmediate(Register.R4, 0),
                Instructions.CallHelper(82),
            ]);
        }

        code.AddRange([Instructions.MoveImmediate(Register.R0, result), Instructions.Exit()]);
        return [.. code];
    }

    /// <summary>Delivers a packet from a client: an empty datagram, or a SYN.</summary>
    public Decision Deliver(TransportProtocol protocol, string to, int cpu = 0, string? from = null, int fromPort = 40000, int port = Port, int device = SimulatedNamespace.LoopbackIndex)
    {
        Packet packet = Packet(protocol, to, from, fromPort, port);
        return Network.Deliver(in packet, cpu, -1, device);
    }

    public static Packet Packet(TransportProtocol protocol, string to, string? from = null, int fromPort = 40000, int port = Port, byte[]? payload = null)
    {
        IPAddress destination = IPAddress.Parse(to);
        bool isV4 = destination.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        FlowKey flow = new(
            isV4 ? IpFamily.V4 : IpFamily.V6, protocol, FlowKey.ToNumber(IPAddress.Parse(from ?? (isV4 ? "10.9.8.7" : "fd00::9"))),
            FlowKey.ToNumber(destination), (ushort)fromPort, (ushort)port);
        return protocol == TransportProtocol.Udp
            ? PacketWriter.Datagram(flow, payload ?? [], 0, 0)
            : PacketWriter.SynSegment(flow, 1, 1, [], 0, 0);
    }

    public SocketRecord Record(IBackendSocket socket) =>
        Assert.Single(Backend.FindSockets(new SocketQuery(Cookie: socket.Cookie)));

    /// <summary>A socket in one of the states that the tables of refusals tell apart; members are on 127.0.0.1:5000.</summary>
    public IBackendSocket Make(string kind)
    {
        switch (kind)
        {
            case "unbound" or "unbound, no flag":
                return Socket(TransportProtocol.Udp, "127.0.0.1", reusePort: kind == "unbound");
            case "bound, no flag" or "flag set after bind":
                IBackendSocket plain = Open(TransportProtocol.Udp, "127.0.0.1", 5001, reusePort: false);
                plain.SetOption(SocketOption.ReusePort, kind == "flag set after bind" ? 1 : 0);
                return plain;
            case "connected" or "orphan":
                IBackendSocket connected = Open(TransportProtocol.Udp, "127.0.0.1");
                connected.Connect(EndPoint("127.0.0.1", 9));
                if (kind == "orphan")
                {
                    connected.Disconnect();
                }

                return connected;
            case "tcp bound":
                IBackendSocket bound = Socket(TransportProtocol.Tcp, "127.0.0.1");
                bound.Bind(EndPoint("127.0.0.1"));
                return bound;
            case "tcp listener":
                return Open(TransportProtocol.Tcp, "127.0.0.1");
            case "tcp shut down":
                IBackendSocket stopped = Open(TransportProtocol.Tcp, "127.0.0.1");
                stopped.Shutdown(System.Net.Sockets.SocketShutdown.Both);
                return stopped;
            case "tcp client" or "tcp accepted":
                IBackendSocket listener = Open(TransportProtocol.Tcp, "127.0.0.1");
                IBackendSocket client = Socket(TransportProtocol.Tcp, "127.0.0.1");
                client.Connect(EndPoint("127.0.0.1"));
                return kind == "tcp client" ? client : listener.TryAccept(out _)!;
        }

        IBackendSocket member = Open(TransportProtocol.Udp, "127.0.0.1");
        switch (kind)
        {
            case "member":
                break;
            case "member, flag cleared":
                member.SetOption(SocketOption.ReusePort, 0);
                break;
            case "locked":
                member.SetOption(SocketOption.LockFilter, 1);
                break;
            case "with program" or "with program, locked":
                member.AttachProgram(Returning(1));
                member.SetOption(SocketOption.LockFilter, kind == "with program" ? 0 : 1);
                break;
            default:
                throw new ArgumentException(kind, nameof(kind));
        }

        return member;
    }
}
