using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Bench.Peers;

/// <summary>What this project's ways of running a program share: the packets, the choice of slots, the sums.</summary>
/// <typeparam name="TProgram">A program in the form that is run.</typeparam>
internal abstract class OwnEngine<TProgram> : IContender
{
    private readonly Dictionary<string, TProgram> _programs = [];

    protected OwnEngine()
    {
        Packets = PacketSet.CreateAligned(out int start);
        Start = start;
    }

    public abstract string Name { get; }

    protected Machine Machine { get; } = new(HelperTable.CreateDefault().Set(HelperId.SkSelectReuseport, SlotSelection.Implementation));

    protected byte[] Packets { get; }

    /// <summary>Index of the first packet's first byte in <see cref="Packets"/>.</summary>
    protected int Start { get; }

    /// <summary>Receives for each packet what the program returned.</summary>
    protected ulong[] Returned { get; } = new ulong[PacketSet.Count];

    /// <summary>Receives for each packet the slot, -1 for none.</summary>
    protected int[] Slots { get; } = new int[PacketSet.Count];

    public string? Load(PeerProgram program)
    {
        IReadOnlyList<BpfMap> maps = program.CreateMaps();
        foreach (BpfMap map in maps.Where(map => map.Spec.Name == "sockets"))
        {
            map.SlotErrors = new int[map.Spec.MaxEntries];
        }

        _programs[program.Name] = Prepare(LoadedProgram.Load(program.Spec, maps));
        return null;
    }

    public Sample Measure(PeerProgram program, long runs)
    {
        TProgram prepared = _programs[program.Name];
        long passes = Math.Max(1, runs / PacketSet.Count);
        long start = ThreadTime.Now();
        for (long pass = 0; pass < passes; pass++)
        {
            Pass(prepared);
        }

        long spent = ThreadTime.Now() - start;
        return new Sample((double)spent / (passes * PacketSet.Count), Checksum.Of(Slots, Returned));
    }

    protected abstract TProgram Prepare(LoadedProgram program);

    /// <summary>One run over every packet.</summary>
    protected abstract void Pass(TProgram program);
}
