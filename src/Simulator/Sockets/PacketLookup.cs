using System.Buffers.Binary;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Hashing;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// Finds the socket of a packet as Linux 6.18 does: connections first, then the chain of the destination address, then that of the wildcard;
/// in a chain the best score, unless a group answers first. One object serves all packets of a namespace, one at a time.
/// (__udp4_lib_lookup, udp4_lib_lookup2, __inet_lookup_listener, inet_lhash2_lookup, reuseport_select_sock and the IPv6 twins)
/// </summary>
internal sealed class PacketLookup(SimulatedNamespace network)
{
    /// <summary>Score of a socket that does not match.</summary>
    private const int NoMatch = -1;

    private readonly ClassicRun _classicRun = network.Backend.ClassicProgramRun;
    private readonly SocketFilterRun _filterRun = network.Backend.SocketFilterRun;
    private readonly ReuseportRun _run = network.Backend.ProgramRun;
    private Packet _packet;
    private FlowKey _flow;
    private UInt128 _source;
    private UInt128 _destination;
    private int _cpu;
    private int _interfaceIndex;
    private int _length;
    private int _linearLength;

    private enum GroupAnswer
    {
        /// <summary>The flag is off, or there is no group, or nobody in it may receive: the socket itself is scored.</summary>
        None,
        Member,
        Refused,
    }

    /// <summary>Who decided about the last packet.</summary>
    public DecisionKind Kind { get; private set; }

    public uint Hash { get; private set; }

    public bool IsWildcardPass { get; private set; }

    public int ProgramRuns { get; private set; }

    public long Instructions { get; private set; }

    /// <summary>The socket that the packet is for, or null.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="length">Bytes of transport header and payload.</param>
    /// <param name="linearLength">How many of them are in the linear part of the buffer.</param>
    /// <param name="cpu">CPU that processes it.</param>
    /// <param name="interfaceIndex">Device it came in by.</param>
    public Sock? Find(in Packet packet, int length, int linearLength, int cpu, int interfaceIndex)
    {
        _packet = packet;
        _flow = packet.Flow;
        _source = TableAddress.FromPacket(_flow.Family, _flow.Source);
        _destination = TableAddress.FromPacket(_flow.Family, _flow.Destination);
        _cpu = cpu;
        _interfaceIndex = interfaceIndex;
        _length = length;
        _linearLength = Math.Min(linearLength, length);
        Kind = DecisionKind.NoSocket;
        Hash = 0;
        IsWildcardPass = false;
        ProgramRuns = 0;
        Instructions = 0;

        bool isTcp = _flow.Protocol == TransportProtocol.Tcp;
        if (FindByTuple(isTcp, out bool isMigrated, out Sock? connected))
        {
            Kind = isMigrated ? Kind : DecisionKind.Connected;
            return connected;
        }

        Sock? found = isTcp ? ScanTcp(_destination, out bool refused) : ScanUdp(_destination, out refused);
        if (found is null && !refused)
        {
            IsWildcardPass = true;
            found = isTcp ? ScanTcp(0, out refused) : ScanUdp(0, out refused);
        }

        if (found is null && !refused)
        {
            Kind = DecisionKind.NoSocket;
            IsWildcardPass = false;
        }

        return found;
    }

    /// <summary>
    /// What belongs to a connection is not looked up. True when it does; the socket is null where TIME_WAIT answers, and a listener for a request.
    /// <paramref name="isMigrated"/> tells that another listener than the request's took it over.
    /// </summary>
    private bool FindByTuple(bool isTcp, out bool isMigrated, out Sock? sock)
    {
        isMigrated = false;
        sock = null;
        FourTuple tuple = new(_destination, _flow.DestinationPort, _source, _flow.SourcePort);
        if (!isTcp)
        {
            sock = network.Udp.HasConnected ? network.Udp.FindConnected(tuple, _interfaceIndex) : null;
            return sock is not null;
        }

        network.TimeWaits.Expire();
        sock = network.Tcp.FindConnection(tuple);
        switch (sock?.State)
        {
            case SockState.TimeWait:
                bool isOpening = TimeWaits.IsReopenedBy(sock, _packet.TcpFlags, Sequence());
                sock = null;
                return !isOpening;
            case SockState.NewSynReceived:
                Sock request = sock;
                sock = request.Listener!;
                if (sock.State == SockState.Listen)
                {
                    return true;
                }

                isMigrated = true;
                sock = network.Migration.FindHeir(sock, request, _packet, _length, _linearLength, _cpu);
                Hash = network.Migration.Hash;
                ProgramRuns = network.Migration.ProgramRuns;
                Instructions = network.Migration.Instructions;
                if (sock is null)
                {
                    // The request is dropped, and the segment looked up like any other.
                    network.Handshake.Drop(request);
                    return false;
                }

                Kind = network.Migration.Kind;
                return true;
            default:
                return sock is not null;
        }
    }

    private uint Sequence()
    {
        ReadOnlySpan<byte> header = _packet.Data.Span[_packet.TransportOffset..];
        return header.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
    }

    private Sock? ScanTcp(UInt128 address, out bool refused)
    {
        refused = false;
        Sock? candidate = null;
        int best = 0;
        for (LinkedListNode<Sock>? node = network.Tcp.Chain(new ChainKey(address, _flow.DestinationPort)); node is not null; node = node.Next)
        {
            Sock sock = node.Value;
            int score = ScoreTcp(sock, address);
            if (score <= best)
            {
                continue;
            }

            switch (AskGroup(sock, address, out Sock? member))
            {
                case GroupAnswer.Member:
                    return member;
                case GroupAnswer.Refused:
                    refused = true;
                    return null;
                default:
                    candidate = sock;
                    best = score;
                    Kind = DecisionKind.Socket;
                    break;
            }
        }

        return candidate;
    }

    private Sock? ScanUdp(UInt128 address, out bool refused)
    {
        refused = false;
        Sock? candidate = null;
        int best = _flow.Family == IpFamily.V4 ? 0 : NoMatch;
        for (LinkedListNode<Sock>? node = network.Udp.Chain(new ChainKey(address, _flow.DestinationPort)); node is not null; node = node.Next)
        {
            Sock sock = node.Value;
            int score = ScoreUdp(sock, address);
            if (score <= best)
            {
                continue;
            }

            best = score;
            GroupAnswer answer = GroupAnswer.None;
            Sock? member = null;
            if (sock.State != SockState.Established)
            {
                answer = AskGroup(sock, address, out member);
            }

            if (answer == GroupAnswer.None)
            {
                candidate = sock;
                refused = false;
                Kind = DecisionKind.Socket;
                continue;
            }

            candidate = member;
            refused = answer == GroupAnswer.Refused;
            if (!sock.Group!.HasConnections)
            {
                return candidate;
            }

            // A group that once had a connection gives a candidate only; the member's own score counts from here.
            if (member is not null)
            {
                best = Math.Max(best, ScoreUdp(member, address));
            }
        }

        return candidate;
    }

    private bool MatchesPass(Sock sock, UInt128 address) =>
        (_flow.Family == IpFamily.V4
            ? TableAddress.ChainOf(sock.Address) == address && !sock.V6Only
            : sock.Address == address && sock.Family == IpFamily.V6) &&
        (sock.InterfaceIndex == 0 || sock.InterfaceIndex == _interfaceIndex);

    private int ScoreTcp(Sock sock, UInt128 address)
    {
        if (!MatchesPass(sock, address))
        {
            return NoMatch;
        }

        return (sock.InterfaceIndex != 0 ? 2 : 1) +
            (_flow.Family == IpFamily.V4 && sock.Family == IpFamily.V4 ? 1 : 0) +
            (sock.IncomingCpu == _cpu ? 1 : 0);
    }

    private int ScoreUdp(Sock sock, UInt128 address)
    {
        if (!MatchesPass(sock, address) || (sock.PeerPort != 0 && sock.PeerPort != _flow.SourcePort))
        {
            return NoMatch;
        }

        bool isV4 = _flow.Family == IpFamily.V4;
        bool hasPeer = isV4 ? sock.PeerV4 != 0 : sock.PeerAddress != 0;
        if (hasPeer && !(isV4 ? sock.PeerV4 == (uint)_source : sock.PeerAddress == _source))
        {
            return NoMatch;
        }

        int weight = isV4 ? 4 : 1;
        return (isV4 ? sock.Family == IpFamily.V4 ? 2 : 1 : 0) +
            (hasPeer ? weight : 0) + (sock.PeerPort != 0 ? weight : 0) + (sock.InterfaceIndex != 0 ? weight : 0) +
            (sock.IncomingCpu == _cpu ? 1 : 0);
    }

    private GroupAnswer AskGroup(Sock sock, UInt128 passAddress, out Sock? member)
    {
        member = null;
        if (!sock.ReusePort || sock.Group is not { LiveCount: > 0 } group)
        {
            return GroupAnswer.None;
        }

        Hash = FlowHash.Compute(
            network.Backend.HashSecrets, network.HashMix, _flow.Protocol, _flow.Family,
            passAddress == 0 ? 0 : _flow.Destination, _flow.DestinationPort, _flow.Source, _flow.SourcePort, network.Backend.TcpHashFormula);
        Kind = DecisionKind.Hash;
        if (group.Program is { Spec.Type: ProgramType.SocketFilter } filter)
        {
            ProgramRuns++;
            RunResult run = _filterRun.Run(filter, in _packet, _length, _cpu, _interfaceIndex);
            Instructions += run.InstructionCount;
            if (TakeIndex(group, run.Succeeded ? (uint)run.ReturnValue : uint.MaxValue, out member))
            {
                return GroupAnswer.Member;
            }
        }
        else if (group.Program is { } program)
        {
            if (RunProgram(program, group, sock, out member))
            {
                return GroupAnswer.Refused;
            }

            if (member is not null)
            {
                Kind = DecisionKind.Program;
                return GroupAnswer.Member;
            }

            Kind = DecisionKind.ProgramFallback;
        }
        else if (group.Classic is { } classic)
        {
            ProgramRuns++;
            if (TakeIndex(group, _classicRun.Run(classic, in _packet, _length, _linearLength, _cpu, _interfaceIndex), out member))
            {
                return GroupAnswer.Member;
            }
        }

        member = group.SelectByHash(Hash, _cpu, network.Backend.Behavior.HonoursIncomingCpu);
        return member is null ? GroupAnswer.None : GroupAnswer.Member;
    }

    /// <summary>An index past the end leaves the choice to the hash; there is no way to drop.</summary>
    private bool TakeIndex(ReuseportGroup group, uint index, out Sock? member)
    {
        bool isThere = index < group.LiveCount;
        member = isThere ? group.Live[(int)index] : null;
        Kind = isThere ? DecisionKind.Program : DecisionKind.ProgramFallback;
        return isThere;
    }

    /// <summary>True when the packet is dropped.</summary>
    private bool RunProgram(KernelProgram program, ReuseportGroup group, Sock sock, out Sock? member)
    {
        ProgramRuns++;
        member = null;
        bool finished = _run.Run(program, group, sock, in _packet, _length, _linearLength, Hash, _cpu);
        Instructions += _run.Instructions;
        if (!finished)
        {
            Kind = DecisionKind.ProgramFault;
            return true;
        }

        if (_run.Result != ReuseportRun.Pass)
        {
            Kind = DecisionKind.ProgramReject;
            return true;
        }

        member = _run.Selected;
        return false;
    }
}
