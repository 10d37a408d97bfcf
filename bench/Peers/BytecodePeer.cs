using System.Globalization;

namespace ReuseportPS.Bench.Peers;

/// <summary>An engine of another project that runs bytecode on plain memory, its interpreter or its JIT (bench/peers/peer.h).</summary>
internal sealed class BytecodePeer(PeerProcess process, string engine, bool compiled) : IContender
{
    public string Name => engine + (compiled ? " JIT" : " interpreter");

    public string? Load(PeerProgram program) => compiled ? process.Load(program.Name, program.WriteTables()) : null;

    public Sample Measure(PeerProgram program, long runs)
    {
        long passes = Math.Max(1, runs / PacketSet.Count);
        (double nanoseconds, string checksum) = process.Measure(program.Name, compiled ? "jit" : "interpreter", passes.ToString(CultureInfo.InvariantCulture));
        return new Sample(nanoseconds, ulong.Parse(checksum, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
