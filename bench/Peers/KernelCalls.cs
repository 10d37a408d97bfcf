using System.Globalization;

namespace ReuseportPS.Bench.Peers;

/// <summary>The kernel's JIT as a tool would use it that tries packets on it: one system call for each. After <see cref="KernelPeer"/>, which loads the programs.</summary>
internal sealed class KernelCalls(PeerProcess process) : IContender
{
    public string Name => "kernel call each";

    public string? Load(PeerProgram program) => null;

    public Sample Measure(PeerProgram program, long runs)
    {
        long passes = Math.Max(1, runs / PacketSet.Count);
        return new Sample(process.Ask("calls", program.Name, BenchFiles.Packets, passes.ToString(CultureInfo.InvariantCulture)).Nanoseconds, null);
    }
}
