using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers that a machine has, by number. A host begins with <see cref="CreateDefault"/> and sets its own.</summary>
public sealed class HelperTable
{
    /// <summary>The helpers that compiled code does by itself are the default ones.</summary>
    internal const int DefaultLookups = 1;

    /// <summary>Helper 82 is <see cref="SlotSelection"/>.</summary>
    internal const int Selects = 2;

    private static readonly int[] s_compiled = [HelperId.MapLookupElement, HelperId.MapLookupPerCpuElement, HelperId.GetSmpProcessorId];
    private static readonly HelperTable s_default = CreateDefault();
    private readonly HelperImplementation?[] _kernelFunctions = new HelperImplementation?[KernelFunctions.Names.Length];
    private HelperImplementation?[] _implementations = new HelperImplementation?[256];

    /// <summary>
    /// A table with the helpers that need no host: maps (1, 2, 3, 195), queues (87 to 89), spin locks (93, 94), ring buffers
    /// (130 to 134, 198 to 200), clocks (5, 118, 125, 160, 208), random (7), CPU and node (8, 42), the current task
    /// (14, 15, 17, 80, 120, 123), text (105, 106, 182), callbacks (164, 181), dynptrs (197, 201 to 203), and all <see cref="KernelFunctions"/>. Tail calls
    /// (12) are the machine's own.
    /// </summary>
    public static HelperTable CreateDefault()
    {
        HelperTable table = new();
        MapHelpers.AddTo(table);
        QueueHelpers.AddTo(table);
        SpinLockHelpers.AddTo(table);
        RingBufferHelpers.AddTo(table);
        EnvironmentHelpers.AddTo(table);
        TaskHelpers.AddTo(table);
        StringHelpers.AddTo(table);
        LoopHelpers.AddTo(table);
        DynptrHelpers.AddTo(table);
        IteratorFunctions.AddTo(table);
        SectionFunctions.AddTo(table);
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
        CompiledVariant = (s_default is not null && Array.TrueForAll(s_compiled, helper => ReferenceEquals(Find(helper), s_default.Find(helper))) ? DefaultLookups : 0)
            | (ReferenceEquals(Find(HelperId.SkSelectReuseport), SlotSelection.Implementation) ? Selects : 0);
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

    /// <summary>What of the table compiled code may count on: <see cref="DefaultLookups"/>, <see cref="Selects"/>.</summary>
    internal int CompiledVariant { get; private set; }

    /// <summary>The helper of a number, or null.</summary>
    public HelperImplementation? Find(int id) => (uint)id < (uint)_implementations.Length ? _implementations[id] : null;
}
