using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Policies;

/// <summary>A policy ready for a backend. Two policies that differ only in data compile to equal programs and different banks.</summary>
/// <param name="SlotCount">Slots of the group it was compiled for.</param>
/// <param name="Program">The program; the seats map is a sockarray of 32768 entries.</param>
/// <param name="Maps">Which map is which.</param>
/// <param name="Bank">The data.</param>
/// <param name="Counters">How the counter maps read.</param>
public sealed record CompiledPolicy(int SlotCount, ProgramSpec Program, PolicyMaps Maps, PolicyBank Bank, CounterLayout Counters);
