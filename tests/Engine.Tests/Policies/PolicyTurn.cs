using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>A packet, and what the machine around the program is like when it comes.</summary>
public sealed record PolicyTurn(Packet Packet, bool IsMigrating, int Cpu, int NumaNode, ulong MonotonicTime, ulong RandomState)
{
    /// <summary>A packet now. One that stands for a connection whose listener stopped has no bytes.</summary>
    public static PolicyTurn Of(in Packet packet, ExecutionEnvironment environment, bool isMigrating) => new(
        isMigrating ? new Packet { Timestamp = 0, Data = default, TransportOffset = 0, TransportLength = 0, Flow = packet.Flow } : packet,
        isMigrating, environment.Cpu, environment.NumaNode, environment.MonotonicTime, environment.RandomState);

    public ExecutionEnvironment ToEnvironment()
    {
        ExecutionEnvironment environment = new();
        SetTo(environment);
        return environment;
    }

    public void SetTo(ExecutionEnvironment environment)
    {
        environment.Cpu = Cpu;
        environment.NumaNode = NumaNode;
        environment.MonotonicTime = MonotonicTime;
        environment.RandomState = RandomState;
    }
}
