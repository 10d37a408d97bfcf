using System.Globalization;

namespace ReuseportPS.Bench.Peers;

/// <summary>
/// The kernel's JIT without what a run costs: the program within a loop over all packets, in one run of the kernel (programs/loop.h). What the empty program takes
/// there, a quarter of a turn of the loop and a store, is part of the figure.
/// </summary>
internal sealed class KernelLoop(PeerProcess process) : IContender
{
    public string Name => "kernel JIT loop";

    public string? Load(PeerProgram program) => process.Load(Loaded(program), Path.Combine(BenchFiles.Folder, "programs", "objects", program.Name + ".loop.o"), program.WriteNamedTables());

    public Sample Measure(PeerProgram program, long runs)
    {
        long passes = Math.Max(1, runs / PacketSet.Count);
        (double nanoseconds, string checksum) = process.Ask("loop", Loaded(program), BenchFiles.Packets, passes.ToString(CultureInfo.InvariantCulture));
        return new Sample(nanoseconds, ulong.Parse(checksum, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    private static string Loaded(PeerProgram program) => program.Name + "-loop";
}
