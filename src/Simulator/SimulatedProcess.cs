using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Simulator;

/// <summary>A process of the simulated host: the owner of sockets, with its descriptors. Disposing it is its exit.</summary>
public sealed class SimulatedProcess : IDisposable
{
    private readonly SimulatorBackend _backend;
    private readonly FreeNumbers _numbers = new(first: 3);
    private readonly SortedDictionary<int, Descriptor> _descriptors = [];

    internal SimulatedProcess(SimulatorBackend backend, int processId, string command, uint uid)
    {
        _backend = backend;
        ProcessId = processId;
        Command = command;
        Uid = uid;
        StartTime = backend.Now;
    }

    /// <summary>Process id.</summary>
    public int ProcessId { get; }

    /// <summary>Command name (comm).</summary>
    public string Command { get; }

    /// <summary>Effective uid: the uid of the sockets it creates.</summary>
    public uint Uid { get; }

    /// <summary>When it began, by the host's clock.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>Creates a socket that this process owns.</summary>
    public IBackendSocket CreateSocket(SocketSpec spec, INetworkNamespace? networkNamespace = null) => _backend.CreateSocket(this, spec, networkNamespace);

    /// <summary>Closes every descriptor, in the order of their numbers.</summary>
    public void Dispose()
    {
        foreach (Descriptor descriptor in _descriptors.Values.ToArray())
        {
            descriptor.Handle.Dispose();
        }

        _backend.Forget(this);
    }

    /// <summary>Gives the lowest free descriptor to a handle.</summary>
    internal int Open(IDisposable handle, object target)
    {
        int number = _numbers.Take();
        _descriptors.Add(number, new Descriptor(handle, target));
        return number;
    }

    internal void Close(int number)
    {
        _descriptors.Remove(number);
        _numbers.Return(number);
    }

    /// <summary>What a descriptor is open on, or null.</summary>
    internal object? TargetOf(int number) => _descriptors.TryGetValue(number, out Descriptor descriptor) ? descriptor.Target : null;

    private readonly record struct Descriptor(IDisposable Handle, object Target);
}
