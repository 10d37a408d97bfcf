using System.Globalization;

namespace ReuseportPS.Bench.Peers;

/// <summary>DPDK's librte_bpf, its interpreter or its JIT.</summary>
internal sealed class DpdkPeer(PeerProcess process, bool compiled) : IContender
{
    public string Name => compiled ? "DPDK JIT" : "DPDK interpreter";

    public string? Load(PeerProgram program) => compiled ? process.Load(program.Name, program.WriteTables()) : null;

    public Sample Measure(PeerProgram program, long runs)
    {
        long passes = Math.Max(1, runs / PacketSet.Count);
        (double nanoseconds, string checksum) = process.Measure(program.Name, compiled ? "jit" : "interpreter", passes.ToString(CultureInfo.InvariantCulture));
        return new Sample(nanoseconds, ulong.Parse(checksum, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
