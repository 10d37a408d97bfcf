using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>A policy on a simulated host of its own, and the reading of traces through it. For one thread.</summary>
internal sealed class PreviewRun : IDisposable
{
    private const int PacketsAtOnce = 64;

    private readonly PreviewGroup _group;
    private readonly SimulatedSteering _steering;
    private readonly RuleFinder? _rules;
    private readonly Packet[] _packets = new Packet[PacketsAtOnce];

    /// <summary>A host with the policy.</summary>
    /// <param name="policy">The policy, compiled.</param>
    /// <param name="group">The group.</param>
    /// <param name="host">The host.</param>
    /// <param name="source">The policy that was compiled, to count the flows of its rules; null to leave that out.</param>
    public PreviewRun(CompiledPolicy policy, PreviewGroup group, SimulatorOptions host, SteeringPolicy? source)
    {
        _group = group;
        _steering = new SimulatedSteering(policy, group, host);
        _rules = source is null ? null : new RuleFinder(source, group, _steering.Environment);
    }

    /// <summary>An empty tally for what is read.</summary>
    public TrafficTally NewTally(bool isPart = false) => new(_group.SlotCount, _rules, isPart);

    /// <summary>Reads to the end, decides and books.</summary>
    /// <param name="reader">The packets.</param>
    /// <param name="tally">Where to book.</param>
    /// <param name="told">Told after every few packets how far the reader is.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public void Read(IPacketReader reader, TrafficTally tally, Action<double?> told, CancellationToken cancellationToken)
    {
        Span<uint> hashes = stackalloc uint[PacketsAtOnce];
        for (int count = reader.Read(_packets); count > 0; count = reader.Read(_packets))
        {
            cancellationToken.ThrowIfCancellationRequested();
            told(reader.Progress);
            tally.Prepare(_packets.AsSpan(0, count), hashes);
            for (int index = 0; index < count; index++)
            {
                ref readonly Packet packet = ref _packets[index];
                if (TrafficTally.IsDecided(packet))
                {
                    tally.AddDecided(packet, hashes[index], _steering.Decide(packet));
                }
                else
                {
                    tally.AddUndecided(packet, hashes[index]);
                }
            }
        }
    }

    /// <summary>What the program counted so far, of all that was read.</summary>
    public SteeringCounts ReadCounts() => _steering.ReadCounts();

    public void Dispose() => _steering.Dispose();
}
