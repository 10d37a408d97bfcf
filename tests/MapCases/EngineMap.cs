using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.MapCases;

/// <summary>A map of the Engine, and the interpreter that runs programs on it.</summary>
internal sealed class EngineMap : IMapSubject
{
    private readonly BpfMap _map;
    private readonly BpfMap[] _others;
    private readonly BpfMap _arguments = MapFactory.Create(MapPrograms.Arguments, 1).Map!;
    private readonly Machine _machine = new();
    private readonly Dictionary<ProgramSpec, LoadedProgram> _programs = new(ReferenceEqualityComparer.Instance);

    private EngineMap(BpfMap map, BpfMap[] others)
    {
        _map = map;
        _others = others;
        _machine.Packet.SetFlat(new byte[64], 0, 64, writable: true);
    }

    public int UserValueSize => _map.UserValueSize;

    /// <summary>Creates it, or says why not.</summary>
    public static Errno Create(MapSpec spec, IReadOnlyList<MapSpec> others, int cpuCount, out EngineMap? subject)
    {
        MapCreation creation = MapFactory.Create(spec, cpuCount);
        subject = creation.Map is BpfMap map ? new EngineMap(map, [.. others.Select(other => MapFactory.Create(other, cpuCount).Map!)]) : null;
        return creation.Errno;
    }

    public void RunOn(int cpu) => _map.UserCpu = _machine.Environment.Cpu = cpu;

    public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, ulong flags) => _map.Lookup(key, value, flags);

    public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, ulong flags) => _map.LookupAndDelete(key, value, flags);

    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => _map.Update(key, value, (MapUpdateFlags)flags);

    public Errno UpdateMap(ReadOnlySpan<byte> key, int other, ulong flags) =>
        other < 0 ? _map.Update(key, new byte[4], (MapUpdateFlags)flags) : ((OuterMap)_map).UpdateMap(key, _others[other], (MapUpdateFlags)flags);

    public Errno Delete(ReadOnlySpan<byte> key) => _map.Delete(key);

    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next) => _map.NextKey(key, next);

    public Errno Freeze() => _map.Freeze();

    public byte[]? Consume() => ((RingBuffer)_map).TryConsume(out ReadOnlySpan<byte> record) ? record.ToArray() : null;

    public void Run(ProgramSpec program, Span<byte> arguments)
    {
        if (!_programs.TryGetValue(program, out LoadedProgram? loaded))
        {
            loaded = LoadedProgram.Load(program, _map, _arguments);
            _programs.Add(program, loaded);
        }

        // The argument map has a value for CPU 0 only, but is an ARRAY: the CPU does not matter to it.
        Span<byte> value = _arguments.Values.Row(0);
        arguments.CopyTo(value);
        RunResult result = _machine.Run(loaded);
        Assert.Null(result.Fault);
        value.CopyTo(arguments);
    }

    public void Dispose()
    {
    }
}
