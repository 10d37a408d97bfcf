namespace ReuseportPS.Engine.Execution;

/// <summary>
/// What a helper does. The arguments are r1 to r5, the result goes to r0. Memory is reached through the machine
/// (<see cref="Machine.TryRead"/>, <see cref="Machine.TryWrite"/>, <see cref="Machine.TryGetMap"/>); when one of those returns false, or after
/// <see cref="Machine.Fail"/>, the run ends with a fault and the result is not used.
/// </summary>
public delegate ulong HelperImplementation(Machine machine, ulong r1, ulong r2, ulong r3, ulong r4, ulong r5);
