namespace ReuseportPS.Simulator.Preview;

/// <summary>The inputs of a <see cref="ProgramSimulation"/> beside the program.</summary>
public sealed record ProgramSimulationOptions
{
    /// <summary>Slots of the group, each with a member in its seat, 1 to 32768.</summary>
    public required int SlotCount { get; init; }

    /// <summary>CPUs of the host.</summary>
    public int CpuCount { get; init; } = 4;

    /// <summary>CPU that every packet is processed on; null for what the packet says, else 0.</summary>
    public int? Cpu { get; init; }

    /// <summary>The monotonic clock for every packet, in nanoseconds; null for the packet's time.</summary>
    public long? Nanoseconds { get; init; }

    /// <summary>Seed of the host: hash secrets and what programs draw.</summary>
    public ulong Seed { get; init; }

    /// <summary>Runs in the interpreter before the program is compiled: see <see cref="SimulatorOptions.InterpretedRuns"/>.</summary>
    public int InterpretedRuns { get; init; } = 1000;

    /// <summary>Steps of each run to be recorded, which the interpreter does; 0 records nothing.</summary>
    public int TracedSteps { get; init; }
}
