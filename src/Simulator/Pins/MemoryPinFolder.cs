using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Maps;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Pins;

/// <summary>A view of the pins of one group.</summary>
internal sealed class MemoryPinFolder(SimulatorBackend backend, MemoryPinStore store, string group, PinSet pins, bool isPublished) : IPinFolder
{
    private bool _isPublished = isPublished;

    public IReadOnlyList<string> Names => pins.Names;

    public void Pin(string name, IBackendMap map) =>
        pins.Set(Valid(name), (map as SimulatedMap ?? throw new ArgumentException("The map is of another backend.", nameof(map))).Target);

    public void Pin(string name, IBackendProgram program)
    {
        SimulatedProgram handle = program as SimulatedProgram ?? throw new ArgumentException("The program is of another backend.", nameof(program));
        pins.Set(Valid(name), handle.Target ?? throw Refusal.Of(Errno.EBADF, "BPF_OBJ_PIN", $"pin '{name}'", "the program is closed"));
    }

    public IBackendMap? OpenMap(string name) => pins.Find(name) switch
    {
        KernelMap map => backend.Open(map),
        null => null,
        _ => throw Refusal.Of(Errno.EINVAL, "BPF_OBJ_GET", $"pin '{name}'", "it is not a map"),
    };

    public IBackendProgram? OpenProgram(string name) => pins.Find(name) switch
    {
        KernelProgram program => backend.Open(program),
        null => null,
        _ => throw Refusal.Of(Errno.EINVAL, "BPF_OBJ_GET", $"pin '{name}'", "it is not a program"),
    };

    public void Unpin(string name) => pins.Remove(name);

    public void Publish()
    {
        if (_isPublished)
        {
            throw new InvalidOperationException("The folder is published already.");
        }

        store.Publish(group, pins);
        _isPublished = true;
    }

    public void Dispose()
    {
        if (!_isPublished)
        {
            pins.Clear();
        }
    }

    private static string Valid(string name) =>
        name.Length is >= 1 and <= 40 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-')
            ? name
            : throw new ArgumentException($"'{name}' is not the name of a pin: 1 to 40 of a-z, 0-9, '_' and '-'.", nameof(name));
}
