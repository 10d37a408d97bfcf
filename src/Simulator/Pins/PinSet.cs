using ReuseportPS.Simulator.Maps;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Pins;

/// <summary>The pins of one group: each holds its map or program.</summary>
internal sealed class PinSet
{
    private readonly SortedDictionary<string, object> _pins = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names => [.. _pins.Keys];

    public object? Find(string name) => _pins.GetValueOrDefault(name);

    public void Set(string name, KernelMap map)
    {
        map.Open();
        Replace(name, map);
    }

    public void Set(string name, KernelProgram program)
    {
        program.AddReference();
        Replace(name, program);
    }

    public void Remove(string name)
    {
        if (_pins.Remove(name, out object? old))
        {
            Release(old);
        }
    }

    public void Clear()
    {
        foreach (string name in Names)
        {
            Remove(name);
        }
    }

    private static void Release(object pinned)
    {
        (pinned as KernelMap)?.Close();
        (pinned as KernelProgram)?.Release();
    }

    private void Replace(string name, object pinned)
    {
        _pins.Remove(name, out object? old);
        _pins.Add(name, pinned);
        if (old is not null)
        {
            Release(old);
        }
    }
}
