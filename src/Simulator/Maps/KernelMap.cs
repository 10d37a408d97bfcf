using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Maps;

/// <summary>
/// A map of the simulated kernel with the number of those who hold it: descriptors, pins, programs, outer maps. With the last
/// of them a sockarray lets its sockets go.
/// </summary>
internal sealed class KernelMap(SimulatorBackend backend, BpfMap map)
{
    private readonly Dictionary<uint, KernelMap> _inner = [];
    private readonly Dictionary<uint, KernelProgram> _programs = [];
    private int _references;

    public BpfMap Map { get; } = map;

    public uint Id => Map.Id;

    public void AddReference() => _references++;

    public void Release()
    {
        if (--_references > 0)
        {
            return;
        }

        backend.Forget(this);
        (Map as SockArray)?.Free();
        foreach (KernelMap inner in _inner.Values)
        {
            inner.Release();
        }

        foreach (KernelProgram program in _programs.Values)
        {
            program.Release();
        }
    }

    /// <summary>Puts a map into this map of maps, which holds it from then on. EINVAL when this is none.</summary>
    public Errno UpdateMap(uint index, KernelMap inner)
    {
        if (Map is not OuterMap outer)
        {
            return Errno.EINVAL;
        }

        Span<byte> key = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(key, index);
        Errno error = outer.UpdateMap(key, inner.Map);
        if (error == Errno.None)
        {
            inner.AddReference();
            Replace(index, inner);
        }

        return error;
    }

    /// <summary>Puts a program into this PROG_ARRAY, which holds it from then on. EINVAL when this is none.</summary>
    public Errno UpdateProgram(uint index, KernelProgram program)
    {
        if (Map is not ProgramArray array)
        {
            return Errno.EINVAL;
        }

        Span<byte> key = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(key, index);
        Errno error = array.UpdateProgram(key, program.Loaded);
        if (error == Errno.None)
        {
            program.AddReference();
            _programs.Remove(index, out KernelProgram? old);
            _programs.Add(index, program);
            old?.Release();
        }

        return error;
    }

    public Errno Delete(ReadOnlySpan<byte> key)
    {
        Errno error = Map.Delete(key);
        if (error == Errno.None && Map is OuterMap)
        {
            Replace(BinaryPrimitives.ReadUInt32LittleEndian(key), null);
        }

        if (error == Errno.None && Map is ProgramArray)
        {
            _programs.Remove(BinaryPrimitives.ReadUInt32LittleEndian(key), out KernelProgram? old);
            old?.Release();
        }

        return error;
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
