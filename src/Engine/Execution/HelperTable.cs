using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers that a machine has, by number. A host begins with <see cref="CreateDefault"/> and sets its own.</summary>
public sealed class HelperTable
{
    private readonly HelperImplementation?[] _kernelFunctions = new HelperImplementation?[KernelFunctions.Names.Length];
    private HelperImplementation?[] _implementations = new HelperImplementation?[256];

    /// <summary>A table with the helpers that need no host: maps (1, 2, 3, 195), clocks (5, 125, 160, 208), random (7), CPU and node (8, 42). Tail calls (12) are the machine's own.</summary>
    public static HelperTable CreateDefault()
    {
        HelperTable table = new();
        MapHelpers.AddTo(table);
        EnvironmentHelpers.AddTo(table);
        return table;
    }

    /// <summary>Sets or replaces a helper.</summary>
    /// <param name="id">Helper number; 12 is the machine's own and cannot be set.</param>
    /// <param name="implementation">What it does.</param>
    public HelperTable Set(int id, HelperImplementation implementation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(id, 1);
        ArgumentOutOfRangeException.ThrowIfEqual(id, HelperId.TailCall);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, 4095);
        if (id >= _implementations.Length)
        {
            Array.Resize(ref _implementations, id + 1);
        }

        _implementations[id] = implementation;
        return this;
    }

    /// <summary>Sets or replaces a kernel function.</summary>
    /// <param name="name">One of <see cref="KernelFunctions.Names"/>.</param>
    /// <param name="implementation">What it does.</param>
    public HelperTable SetKernelFunction(string name, HelperImplementation implementation)
    {
        int number = KernelFunctions.Find(name);
        ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(name));
        _kernelFunctions[number] = implementation;
        return this;
    }

    /// <summary>The kernel function of a number (<see cref="KernelFunctions.Find"/>), or null.</summary>
    public HelperImplementation? FindKernelFunction(int number) => _kernelFunctions[number];

    /// <summary>The helper of a number, or null.</summary>
    public HelperImplementation? Find(int id) => (uint)id < (uint)_implementations.Length ? _implementations[id] : null;
}
