using System.Buffers.Binary;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Simulator.Programs;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Maps;

/// <summary>A descriptor on a map.</summary>
internal sealed class SimulatedMap : IBackendMap
{
    private readonly KernelMap _target;
    private readonly SimulatedProcess _process;
    private readonly int _descriptor;
    private bool _isClosed;

    public SimulatedMap(KernelMap target, SimulatedProcess process)
    {
        target.Open();
        _target = target;
        _process = process;
        _descriptor = process.Open(this, target);
    }

    public KernelMap Target
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return _target;
        }
    }

    public MapSpec Spec => _target.Map.Spec;

    public uint Id => _target.Id;

    private string Name => $"map '{Spec.Name}' ({Spec.Type})";

    public byte[]? Lookup(ReadOnlySpan<byte> key)
    {
        BpfMap map = Target.Map;
        byte[] value = new byte[map.UserValueSize];
        Errno error = map.Lookup(key, value);
        if (error == Errno.ENOENT)
        {
            return null;
        }

        Check(error, "BPF_MAP_LOOKUP_ELEM");
        return value;
    }

    public byte[]? LookupAndDelete(ReadOnlySpan<byte> key)
    {
        BpfMap map = Target.Map;
        byte[] value = new byte[map.UserValueSize];
        Errno error = map.LookupAndDelete(key, value);
        if (error == Errno.ENOENT)
        {
            return null;
        }

        Check(error, "BPF_MAP_LOOKUP_AND_DELETE_ELEM");
        return value;
    }

    public bool Contains(ReadOnlySpan<byte> value)
    {
        BpfMap map = Target.Map;
        if (map.Spec.Type != MapType.BloomFilter)
        {
            throw new InvalidOperationException($"Map '{Spec.Name}' is no Bloom filter.");
        }

        CheckLength(value);
        Errno error = map.Lookup([], value.ToArray());
        if (error == Errno.ENOENT)
        {
            return false;
        }

        Check(error, "BPF_MAP_LOOKUP_ELEM");
        return true;
    }

    public byte[]? Consume()
    {
        RingBuffer ring = Target.Map as RingBuffer ?? throw new InvalidOperationException($"Map '{Spec.Name}' is no ring buffer.");
        return ring.TryConsume(out ReadOnlySpan<byte> record) ? record.ToArray() : null;
    }

    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckLength(value);
        Check(Target.Map.Update(key, value, flags), "BPF_MAP_UPDATE_ELEM");
    }

    public void UpdateSocket(uint index, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Span<byte> key = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(key, index);
        UpdateSocket(key, socket, flags);
    }

    public void UpdateSocket(ReadOnlySpan<byte> key, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Sock sock = (socket as SimulatedSocket ?? throw new ArgumentException("The socket is of another backend.", nameof(socket))).Sock;
        SocketMap map = Target.Map as SocketMap ?? throw Refusal.Of(Errno.EINVAL, "BPF_MAP_UPDATE_ELEM", Name, "it is no socket map");
        if (key.Length != Spec.KeySize)
        {
            throw new ArgumentException($"The key has {key.Length} bytes, the keys of {Name} have {Spec.KeySize}.", nameof(key));
        }

        Check(map.UpdateSocket(key, sock, flags), "BPF_MAP_UPDATE_ELEM");
    }

    public void UpdateMap(uint index, IBackendMap inner)
    {
        KernelMap map = (inner as SimulatedMap ?? throw new ArgumentException("The map is of another backend.", nameof(inner))).Target;
        Check(Target.UpdateMap(index, map), "BPF_MAP_UPDATE_ELEM");
    }

    public void UpdateProgram(uint index, IBackendProgram program)
    {
        SimulatedProgram descriptor = program as SimulatedProgram ?? throw new ArgumentException("The program is of another backend.", nameof(program));
        ObjectDisposedException.ThrowIf(descriptor.Target is null, program);
        Check(Target.UpdateProgram(index, descriptor.Target), "BPF_MAP_UPDATE_ELEM");
    }

    public void Delete(ReadOnlySpan<byte> key) => Check(Target.Delete(key), "BPF_MAP_DELETE_ELEM");

    public byte[]? NextKey(ReadOnlySpan<byte> key)
    {
        byte[] next = new byte[Spec.KeySize];
        Errno error = Target.Map.NextKey(key, next);
        if (error == Errno.ENOENT)
        {
            return null;
        }

        Check(error, "BPF_MAP_GET_NEXT_KEY");
        return next;
    }

    public void Freeze() => Check(Target.Map.Freeze(), "BPF_MAP_FREEZE");

    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _process.Close(_descriptor);
            _target.Close();
        }
    }

    private void CheckLength(ReadOnlySpan<byte> value)
    {
        if (value.Length != Target.Map.UserValueSize)
        {
            throw new ArgumentException($"The value has {value.Length} bytes, the values of {Name} have {Target.Map.UserValueSize}.", nameof(value));
        }
    }

    private void Check(Errno error, string operation) => Refusal.Check(error, operation, Name);
}
