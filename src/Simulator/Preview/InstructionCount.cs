namespace ReuseportPS.Simulator.Preview;

/// <summary>How many eBPF instructions the program executed per packet that it saw.</summary>
/// <param name="Runs">How often it ran: once per datagram and once per SYN.</param>
/// <param name="Mean">Instructions per run on average; 0 without a run.</param>
/// <param name="Largest">Instructions of the longest run.</param>
public sealed record InstructionCount(long Runs, double Mean, long Largest);
