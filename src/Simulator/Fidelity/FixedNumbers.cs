using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>A policy whose random numbers are the same on every host: in the place of each call that draws one there is a number.</summary>
internal static class FixedNumbers
{
    /// <summary>The policy with numbers; all else of its program is as it was.</summary>
    public static CompiledPolicy In(CompiledPolicy policy, Xoshiro256 random) => policy with
    {
        Program = policy.Program with
        {
            Instructions = [.. policy.Program.Instructions.Select(instruction => instruction == Instructions.CallHelper(HelperId.GetPrandomU32)
                ? Instructions.MoveImmediate32(Register.R0, (int)random.NextUInt32())
                : instruction)],
        },
    };
}
