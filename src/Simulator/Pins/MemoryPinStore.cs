using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Pins;

/// <summary>Pins that live as long as the simulator. Nobody waits for a lock here: one that is held is EBUSY at once.</summary>
internal sealed class MemoryPinStore(SimulatorBackend backend) : IPinStore
{
    private readonly SortedDictionary<string, PinSet> _groups = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);

    public IReadOnlyList<string> List() => [.. _groups.Keys];

    public IPinFolder? Open(string group) => _groups.TryGetValue(group, out PinSet? pins) ? new MemoryPinFolder(backend, this, group, pins, isPublished: true) : null;

    public IPinFolder Create(string group, uint? unixGroup = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        if (unixGroup is not null)
        {
            throw new NotSupportedException();
        }

        return new MemoryPinFolder(backend, this, group, new PinSet(), isPublished: false);
    }

    public IDisposable Lock(string group) =>
        _locked.Add(group)
            ? new GroupLock(this, group)
            : throw Refusal.Of(Errno.EBUSY, "flock", $"group '{group}'", "another shell is changing it", "Try again when it is done.");

    public void Remove(string group)
    {
        if (_groups.Remove(group, out PinSet? pins))
        {
            pins.Clear();
        }
    }

    public void Publish(string group, PinSet pins)
    {
        if (!_groups.TryAdd(group, pins))
        {
            throw Refusal.Of(
                Errno.EEXIST, "rename", $"group '{group}'", "a group of that name is there already", "Choose another name, or remove the group first.");
        }
    }

    private sealed class GroupLock(MemoryPinStore store, string group) : IDisposable
    {
        private bool _isReleased;

        public void Dispose()
        {
            if (!_isReleased)
            {
                _isReleased = true;
                store._locked.Remove(group);
            }
        }
    }
}
