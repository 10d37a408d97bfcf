using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>A packet of a random test, and where and when it is processed.</summary>
public sealed record PolicyArrival(FlowKey Flow, int Extra, byte TcpFlags, byte[] Payload, int Cpu, int Milliseconds, bool IsMigrating = false)
{
    public const int CpuCount = 2;

    public Packet ToPacket() => PacketBytes.Create(Flow, Extra, TcpFlags, Payload);

    /// <summary>Sets CPU and node, and lets the time pass since the packet before.</summary>
    public void SetTo(ExecutionEnvironment environment)
    {
        environment.Cpu = Cpu;
        environment.NumaNode = Cpu;
        environment.MonotonicTime += (ulong)Milliseconds * 1_000_000;
    }

    public override string ToString() => $"{Flow}, {Extra} extra, flags {TcpFlags:x2}, payload {Convert.ToHexString(Payload)}, CPU {Cpu}, after {Milliseconds} ms{(IsMigrating ? ", migrating" : "")}";
}
