using System.Globalization;

namespace ReuseportPS.Bench.Peers;

/// <summary>
/// The kernel's JIT: the same C source as a SCHED_CLS program, repeated over one packet in one system call, for each of some packets. What a run of
/// the empty program takes is part of the figure; <see cref="Comparison"/> subtracts it.
/// </summary>
internal sealed class KernelPeer(PeerProcess process) : IContender
{
    private const int Packets = 8;

    public string Name => "kernel JIT";

    public string? Load(PeerProgram program) =>
        process.Load(program.Name, Path.Combine(BenchFiles.Folder, "programs", "objects", program.Name + ".kernel.o"), program.WriteNamedTables());

    public Sample Measure(PeerProgram program, long runs)
    {
        double sum = 0;
        for (int i = 0; i < Packets; i++)
        {
            string packet = Path.Combine(BenchFiles.Output, string.Create(CultureInfo.InvariantCulture, $"packet{i}"));
            if (!File.Exists(packet))
            {
                File.WriteAllBytes(packet, PacketSet.Create().AsSpan(i * PacketSet.Size, PacketSet.Size).ToArray());
            }

            sum += process.Measure(program.Name, packet, Math.Max(1000, runs / Packets).ToString(CultureInfo.InvariantCulture)).Nanoseconds;
        }

        return new Sample(sum / Packets, null);
    }
}
