using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Hashing;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>Who takes over what a stopped listener leaves behind: connections that nobody accepted, requests. (reuseport_migrate_sock)</summary>
internal sealed class Migration(SimulatedNamespace network)
{
    /// <summary>TcpExt TCPMigrateReqSuccess.</summary>
    public long Successes { get; private set; }

    /// <summary>TcpExt TCPMigrateReqFailure. Where the group of the listener is gone nothing is counted.</summary>
    public long Failures { get; private set; }

    /// <summary>Who decided at the last question.</summary>
    public DecisionKind Kind { get; private set; }

    /// <summary>Hash of the flow, by its real local address whatever the listener is bound to.</summary>
    public uint Hash { get; private set; }

    public int ProgramRuns { get; private set; }

    public long Instructions { get; private set; }

    /// <summary>The listener that takes over, or null.</summary>
    /// <param name="listener">The one that stopped.</param>
    /// <param name="child">The connection or request.</param>
    /// <param name="packet">The segment that came for it, or null when the listener stops: the program then sees an empty packet.</param>
    /// <param name="length">Bytes of the segment.</param>
    /// <param name="linearLength">How many of them are in the linear part of the buffer.</param>
    /// <param name="cpu">CPU that this happens on.</param>
    public Sock? FindHeir(Sock listener, Sock child, Packet? packet, int length, int linearLength, int cpu)
    {
        Kind = DecisionKind.NoSocket;
        Hash = 0;
        ProgramRuns = 0;
        Instructions = 0;
        if (listener.Group is not { } group)
        {
            return null;
        }

        Sock? heir = group.LiveCount == 0 ? null : Ask(group, listener, child, packet, length, linearLength, cpu);
        Failures += heir is null ? 1 : 0;
        return heir;
    }

    public void CountSuccess() => Successes++;

    /// <summary>Somebody was found, and did not take it over in the end.</summary>
    public void CountFailure() => Failures++;

    private Sock? Ask(ReuseportGroup group, Sock listener, Sock child, Packet? packet, int length, int linearLength, int cpu)
    {
        IpFamily family = TableAddress.FamilyOf(child.Address);
        Hash = FlowHash.Compute(
            network.Backend.HashSecrets, network.HashMix, TransportProtocol.Tcp, family,
            TableAddress.ToPacket(family, child.Address), child.Port, TableAddress.ToPacket(family, child.PeerAddress), child.PeerPort, network.Backend.TcpHashFormula);
        Kind = DecisionKind.Hash;
        if (group.Program is not { MigratesConnections: true } program)
        {
            return network.TcpMigrateRequests ? group.SelectByHash(Hash, cpu, network.Backend.Behavior.HonoursIncomingCpu) : null;
        }

        ReuseportRun run = network.Backend.ProgramRun;
        ProgramRuns = 1;
        bool finished = packet is { } segment
            ? run.Run(program, group, listener, in segment, length, linearLength, Hash, cpu, child)
            : run.RunForMigration(program, group, listener, child, Hash, cpu);
        Instructions = run.Instructions;
        if (!finished || run.Result != ReuseportRun.Pass)
        {
            Kind = finished ? DecisionKind.ProgramReject : DecisionKind.ProgramFault;
            return null;
        }

        Kind = run.Selected is null ? DecisionKind.ProgramFallback : DecisionKind.Program;
        return run.Selected ?? group.SelectByHash(Hash, cpu, network.Backend.Behavior.HonoursIncomingCpu);
    }
}
