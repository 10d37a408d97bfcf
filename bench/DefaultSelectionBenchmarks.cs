using BenchmarkDotNet.Attributes;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Bench;

/// <summary>The default choice of 16,384 flows: one by one, and by columns. The scalar form reads the same columns.</summary>
[MemoryDiagnoser]
public class DefaultSelectionBenchmarks
{
    private const int Flows = 16384;
    private const uint Members = 8;
    private static readonly HashSecrets s_secrets = HashSecrets.FromSeed(1);
    private readonly uint[] _positions = new uint[Flows];
    private readonly (uint Local, uint Peer, uint Ports)[] _words = new (uint, uint, uint)[Flows];
    private FlowColumns _columns = null!;

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        _columns = new FlowColumns(TransportProtocol.Udp, IpFamily.V4, Flows);
        for (int i = 0; i < Flows; i++)
        {
            (uint local, uint peer, uint ports) = ((uint)random.Next(), (uint)random.Next(), (uint)random.Next());
            _words[i] = (local, peer, ports);
            _columns.Add(new FlowKey(IpFamily.V4, TransportProtocol.Udp, peer, local, (ushort)ports, (ushort)(ports >> 16)));
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Flows)]
    public uint[] Scalar()
    {
        uint[] positions = _positions;
        for (int i = 0; i < positions.Length; i++)
        {
            (uint local, uint peer, uint ports) = _words[i];
            positions[i] = (uint)(((ulong)JenkinsHash.OfThree(local, peer, ports, 12345) * Members) >> 32);
        }

        return positions;
    }

    [Benchmark(OperationsPerInvoke = Flows)]
    public uint[] Columns()
    {
        _columns.Choose(s_secrets, 0, (int)Members, _positions);
        return _positions;
    }
}
