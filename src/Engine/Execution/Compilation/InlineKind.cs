namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What generated code does itself instead of calling a helper.</summary>
internal enum InlineKind
{
    /// <summary>Helper 1 on an ARRAY.</summary>
    ArrayLookup,

    /// <summary>Helper 1 on a PERCPU_ARRAY.</summary>
    PerCpuLookup,

    /// <summary>Helper 8.</summary>
    Cpu,

    /// <summary>Helper 82 as <see cref="SlotSelection"/> has it.</summary>
    Select,
}
