using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Maps;

/// <summary>
/// A map of the simulated kernel with the number of those who hold it: descriptors, pins, programs, outer maps. With the last
/// of them a sockarray lets its sockets go; with the last descriptor or pin a PROG_ARRAY lets its programs go, whatever program uses it.
/// </summary>
internal sealed class KernelMap(SimulatorBackend backend, BpfMap map)
{
    private readonly Dictionary<uint, KernelMap> _inner = [];
    private readonly Dictionary<uint, KernelProgram> _programs = [];
    private (ProgramType, AttachType)? _admitted;
    private int _references;
    private int _users;

    public BpfMap Map { get; } = map;

    public uint Id => Map.Id;

    public void AddReference() => _references++;

    /// <summary>A descriptor or a pin holds the map from now on.</summary>
    public void Open()
    {
        _users++;
        AddReference();
    }

    /// <summary>A descriptor or a pin lets the map go.</summary>
    public void Close()
    {
        if (--_users == 0)
        {
            (Map as ProgramArray)?.Clear();
            foreach (KernelProgram program in _programs.Values)
            {
                program.Release();
            }

            _programs.Clear();
        }

        Release();
    }

    public void Release()
    {
        if (--_references > 0)
        {
            return;
        }

        backend.Forget(this);
        (Map as SocketMap)?.Free();
        foreach (KernelMap inner in _inner.Values)
        {
            inner.Release();
        }
    }

    /// <summary>Puts a map into this map of maps, which holds it from then on. EINVAL when this is none.</summary>
    public Errno UpdateMap(uint index, KernelMap inner)
    {
        if (Map is not OuterMap outer)
        {
            return Errno.EINVAL;
        }

        Errno error = outer.UpdateMap(Key(index, stackalloc byte[sizeof(uint)]), inner.Map);
        if (error == Errno.None)
        {
            inner.AddReference();
            Replace(index, inner);
        }

        return error;
    }

    /// <summary>Puts a program into this PROG_ARRAY, which holds it from then on. EINVAL when this is none, or has programs of another type.</summary>
    public Errno UpdateProgram(uint index, KernelProgram program)
    {
        if (Map is not ProgramArray array || !Admits(program.Spec))
        {
            return Errno.EINVAL;
        }

        Errno error = array.UpdateProgram(Key(index, stackalloc byte[sizeof(uint)]), program.Loaded);
        if (error == Errno.None)
        {
            Admit(program.Spec);
            program.AddReference();
            _programs.Remove(index, out KernelProgram? old);
            _programs.Add(index, program);
            old?.Release();
        }

        return error;
    }

    /// <summary>Whether a program may use this map, or be in it: the programs of a PROG_ARRAY, and those that jump into it, are all of one type and attached alike (<c>__bpf_prog_map_compatible</c>).</summary>
    public bool Admits(ProgramSpec spec) => Map is not ProgramArray || _admitted is null || _admitted == KindOf(spec);

    /// <summary>The first program says of what kind all others are.</summary>
    public void Admit(ProgramSpec spec) => _admitted ??= KindOf(spec);

    public Errno Delete(ReadOnlySpan<byte> key)
    {
        Errno error = Map.Delete(key);
        if (error == Errno.None && Map is ProgramArray)
        {
            _programs.Remove(BinaryPrimitives.ReadUInt32LittleEndian(key), out KernelProgram? old);
            old?.Release();
        }

        if (error == Errno.None && Map is OuterMap)
        {
            Replace(BinaryPrimitives.ReadUInt32LittleEndian(key), null);
        }

        return error;
    }

    // A program of SK_REUSEPORT that says nothing is one that selects.
    private static (ProgramType, AttachType) KindOf(ProgramSpec spec) =>
        (spec.Type, spec is { Type: ProgramType.SkReuseport, ExpectedAttachType: AttachType.None } ? AttachType.SkReuseportSelect : spec.ExpectedAttachType);

    private static ReadOnlySpan<byte> Key(uint index, Span<byte> key)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(key, index);
        return key;
    }

    private void Replace(uint index, KernelMap? inner)
    {
        _inner.Remove(index, out KernelMap? old);
        if (inner is not null)
        {
            _inner.Add(index, inner);
        }

        old?.Release();
    }
}
