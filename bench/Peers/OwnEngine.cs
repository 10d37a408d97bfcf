using System.Buffers.Binary;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Bench.Peers;

/// <summary>What this project's ways of running a program share: the packets, the choice of slots, the sums.</summary>
internal abstract class OwnEngine : IContender
{
    private readonly byte[] _packets = PacketSet.Create();
    private readonly uint[] _slots = new uint[PacketSet.Count];
    private readonly uint[] _returned = new uint[PacketSet.Count];
    private readonly Dictionary<string, LoadedProgram> _programs = [];
    private int _current;

    protected OwnEngine()
    {
        Machine = new Machine(HelperTable.CreateDefault().Set(HelperId.SkSelectReuseport, Select));
    }

    public abstract string Name { get; }

    protected Machine Machine { get; }

    protected Span<uint> Returned => _returned;

    public virtual string? Load(PeerProgram program)
    {
        _programs[program.Name] = LoadedProgram.Load(program.Spec, program.CreateMaps());
        return null;
    }

    public Sample Measure(PeerProgram program, long runs)
    {
        LoadedProgram loaded = _programs[program.Name];
        Array.Fill(_slots, uint.MaxValue);
        long passes = Math.Max(1, runs / PacketSet.Count);
        long start = ThreadTime.Now();
        for (long pass = 0; pass < passes; pass++)
        {
            Pass(loaded);
        }

        long spent = ThreadTime.Now() - start;
        return new Sample((double)spent / (passes * PacketSet.Count), Checksum.Of(_slots, _returned));
    }

    /// <summary>One run over every packet.</summary>
    protected abstract void Pass(LoadedProgram program);

    /// <summary>One call for each packet.</summary>
    protected void Each(Func<RunResult> run)
    {
        for (_current = 0; _current < PacketSet.Count; _current++)
        {
            Machine.Context.SetFlat(_packets, _current * PacketSet.Size, PacketSet.Size, writable: false);
            _returned[_current] = (uint)run().ReturnValue;
        }
    }

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

        _slots[_current] = slot;
        return 0;
    }
}
