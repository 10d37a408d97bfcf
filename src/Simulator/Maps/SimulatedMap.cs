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
        target.AddReference();
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

    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        BpfMap map = Target.Map;
        if (value.Length != map.UserValueSize)
        {
            throw new ArgumentException($"The value has {value.Length} bytes, the values of {Name} have {map.UserValueSize}.", nameof(value));
        }

        Check(map.Update(key, value, flags), "BPF_MAP_UPDATE_ELEM");
    }

    public void UpdateSocket(uint index, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Sock sock = (socket as SimulatedSocket ?? throw new ArgumentException("The socket is of another backend.", nameof(socket))).Sock;
        SockArray map = Target.Map as SockArray ?? throw Refusal.Of(Errno.EINVAL, "BPF_MAP_UPDATE_ELEM", Name, "it is no socket map");
        Check(map.UpdateSocket(index, sock, flags), "BPF_MAP_UPDATE_ELEM");
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
            _target.Release();
        }
    }

    private void Check(Errno error, string operation) => Refusal.Check(error, operation, Name);
}
