namespace ReuseportPS.Engine.Maps;

/// <summary>A per-CPU value as user space sees it: the values of all possible CPUs in a row, each rounded up to 8 bytes.</summary>
internal static class PerCpuValue
{
    public static int UserSize(MapSpec spec, int cpuCount) => ((spec.ValueSize + 7) & ~7) * cpuCount;

    public static void Read(MemoryRegion values, int firstRow, int cpuCount, Span<byte> value)
    {
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            Span<byte> row = values.PaddedRow(firstRow + cpu);
            row.CopyTo(value[(cpu * row.Length)..]);
        }
    }

    public static void Write(MemoryRegion values, int firstRow, int cpuCount, ReadOnlySpan<byte> value)
    {
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            Span<byte> row = values.PaddedRow(firstRow + cpu);
            value.Slice(cpu * row.Length, row.Length).CopyTo(row);
        }
    }

    /// <summary>
    /// A write by a program, to the value of its CPU; those of the other CPUs are cleared when the key is new. What fills a value up to 8 bytes keeps what
    /// user space last wrote there (<c>pcpu_init_value</c> in 6.18).
    /// </summary>
    public static void WriteOne(MemoryRegion values, int firstRow, int cpuCount, int cpu, ReadOnlySpan<byte> value, bool isNew)
    {
        for (int other = 0; isNew && other < cpuCount; other++)
        {
            values.Row(firstRow + other).Clear();
        }

        value.CopyTo(values.Row(firstRow + cpu));
    }
}
