using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;
using ReuseportPS.MapCases;

namespace ReuseportPS.Linux.Tests.Maps;

/// <summary>A map of the kernel, used by the calling thread, which is put on the CPU that is asked for.</summary>
internal sealed unsafe class KernelSubject : IMapSubject
{
    // sched_setaffinity on x86-64 and arm64; only tests move threads.
    private const Syscall SetAffinity = (Syscall)(203 | (122 << 16));

    private readonly LinuxMap _map;
    private readonly LinuxMap[] _others;
    private readonly LinuxMap _arguments = LinuxMap.Create(MapPrograms.Arguments);
    private readonly Dictionary<ProgramSpec, LinuxProgram> _programs = new(ReferenceEqualityComparer.Instance);
    private int _cpu = -1;

    private KernelSubject(LinuxMap map, LinuxMap[] others)
    {
        _map = map;
        _others = others;
        MapSpec spec = map.Spec;
        bool isPerCpu = spec.Type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash;
        UserValueSize = isPerCpu ? ((spec.ValueSize + 7) & ~7) * PossibleCpus.Count : spec.ValueSize;
    }

    public int UserValueSize { get; }

    /// <summary>Creates it, or says why not.</summary>
    public static Errno Create(MapSpec spec, IReadOnlyList<MapSpec> others, out KernelSubject? subject)
    {
        subject = null;
        try
        {
            subject = new KernelSubject(LinuxMap.Create(spec), [.. others.Select(LinuxMap.Create)]);
            return Errno.None;
        }
        catch (BackendException exception)
        {
            return exception.Errno;
        }
    }

    public void RunOn(int cpu)
    {
        if (cpu != _cpu)
        {
            Move(1UL << cpu);
            _cpu = cpu;
        }
    }

    public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, ulong flags) => Element(BpfCommand.BPF_MAP_LOOKUP_ELEM, key, value, flags);

    public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, ulong flags) => Element(BpfCommand.BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, value, flags);

    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Element(BpfCommand.BPF_MAP_UPDATE_ELEM, key, value, flags);

    public Errno UpdateMap(ReadOnlySpan<byte> key, int other, ulong flags)
    {
        // No test opens this many descriptors.
        int descriptor = 99999;
        if (other < 0)
        {
            return Update(key, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in descriptor)), flags);
        }

        using FdLease lease = new(_others[other].Fd);
        descriptor = lease.Number;
        return Update(key, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in descriptor)), flags);
    }

    public Errno Delete(ReadOnlySpan<byte> key) => Element(BpfCommand.BPF_MAP_DELETE_ELEM, key, [], 0);

    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next) => Element(BpfCommand.BPF_MAP_GET_NEXT_KEY, key, next, 0);

    public Errno Freeze() => Element(BpfCommand.BPF_MAP_FREEZE, [], [], 0);

    public byte[]? Consume() => _map.Consume();

    public void Run(ProgramSpec program, Span<byte> arguments)
    {
        if (!_programs.TryGetValue(program, out LinuxProgram? loaded))
        {
            loaded = LinuxProgram.Load(program, [_map, _arguments]);
            _programs.Add(program, loaded);
        }

        Span<byte> first = stackalloc byte[4];
        first.Clear();
        _arguments.Update(first, arguments);
        Assert.Equal(0u, TestRun.Invoke(loaded));
        _arguments.Lookup(first)!.CopyTo(arguments);
    }

    public void Dispose()
    {
        Move(ulong.MaxValue);
        foreach (LinuxMap map in (LinuxMap[])[_map, _arguments, .. _others])
        {
            map.Dispose();
        }

        foreach (LinuxProgram program in _programs.Values)
        {
            program.Dispose();
        }
    }

    private static void Move(ulong cpus) => Assert.Equal(0, Sys.Invoke(SetAffinity, 0, sizeof(ulong), (nint)(&cpus)));

    private Errno Element(BpfCommand command, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        using FdLease lease = new(_map.Fd);
        fixed (byte* keyPointer = key, valuePointer = value)
        {
            MapElementAttributes attributes = new() { map_fd = lease.Number, key = (ulong)keyPointer, value = (ulong)valuePointer, flags = flags };
            return BpfCall.ErrnoOf(BpfCall.Invoke(command, ref attributes));
        }
    }
}
