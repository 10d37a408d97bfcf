using System.Collections.Immutable;

namespace ReuseportPS.Simulator.Preview;

/// <summary>How many eBPF instructions the program executed per packet that it saw.</summary>
/// <param name="Runs">How often it ran: once per datagram and once per SYN.</param>
/// <param name="Mean">Instructions per run on average; 0 without a run.</param>
/// <param name="P99">Instructions that 99 of 100 runs did not exceed.</param>
/// <param name="Largest">Instructions of the longest run.</param>
public sealed record InstructionCount(long Runs, double Mean, long P99, long Largest)
{
    /// <summary>The summary of a distribution, ascending.</summary>
    internal static InstructionCount Of(ImmutableArray<RunLength> lengths)
    {
        long runs = lengths.Sum(length => length.Runs);
        if (runs == 0)
        {
            return new InstructionCount(0, 0, 0, 0);
        }

        long left = runs - (runs / 100);
        int at = 0;
        while ((left -= lengths[at].Runs) > 0)
        {
            at++;
        }

        return new InstructionCount(runs, (double)lengths.Sum(length => length.Instructions * length.Runs) / runs, lengths[at].Instructions, lengths[^1].Instructions);
    }
}
