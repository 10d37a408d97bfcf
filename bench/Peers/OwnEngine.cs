using System.Buffers.Binary;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Bench.Peers;

/// <summary>What this project's ways of running a program share: the packets, the choice of slots, the sums.</summary>
/// <typeparam name="TProgram">A program in the form that is run.</typeparam>
internal abstract class OwnEngine<TProgram> : IContender
{
    private readonly uint[] _slots = new uint[PacketSet.Count];
    private readonly Dictionary<string, TProgram> _programs = [];

    protected OwnEngine()
    {
        Machine = new Machine(HelperTable.CreateDefault().Set(HelperId.SkSelectReuseport, Select));
    }

    public abstract string Name { get; }

    protected Machine Machine { get; }

    protected byte[] Packets { get; } = PacketSet.Create();

    protected uint[] Returned { get; } = new uint[PacketSet.Count];

    /// <summary>The packet being run.</summary>
    protected int Current { get; set; }

    public string? Load(PeerProgram program)
    {
        _programs[program.Name] = Prepare(LoadedProgram.Load(program.Spec, program.CreateMaps()));
        return null;
    }

    public Sample Measure(PeerProgram program, long runs)
    {
        TProgram prepared = _programs[program.Name];
        Array.Fill(_slots, uint.MaxValue);
        long passes = Math.Max(1, runs / PacketSet.Count);
        long start = ThreadTime.Now();
        for (long pass = 0; pass < passes; pass++)
        {
            Pass(prepared);
        }

        long spent = ThreadTime.Now() - start;
        return new Sample((double)spent / (passes * PacketSet.Count), Checksum.Of(_slots, Returned));
    }

    protected abstract TProgram Prepare(LoadedProgram program);

    /// <summary>One run over every packet.</summary>
    protected abstract void Pass(TProgram program);

    /// <summary>The number of the packet whose run calls a helper.</summary>
    protected virtual int Item(Machine machine) => Current;

    // Helper 82 as the peers have it: the slot is noted if the map has it.
    private ulong Select(Machine machine, ulong context, ulong mapAddress, ulong keyAddress, ulong flags, ulong unused)
    {
        if (!machine.TryGetMap(mapAddress, out BpfMap? map) || !machine.TryRead(keyAddress, sizeof(uint), out ReadOnlySpan<byte> key))
        {
            return 0;
        }

        uint slot = BinaryPrimitives.ReadUInt32LittleEndian(key);
        if (slot >= (uint)map.Spec.MaxEntries)
        {
            return unchecked((ulong)-2);
        }

        _slots[Item(machine)] = slot;
        return 0;
    }
}
