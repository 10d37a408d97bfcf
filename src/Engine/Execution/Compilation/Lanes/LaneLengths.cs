namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>How many instructions a lane counts for being in a mask.</summary>
internal static class LaneLengths
{
    /// <summary>
    /// By number of the mask; the first is that of all lanes. What is behind a branch and not taken counts for all that come to the branch, and less for those
    /// that take it, so that of the two masks one need not be looked at.
    /// </summary>
    public static int[] Of(LanePlan plan)
    {
        int[] lengths = new int[plan.Blocks.Length];
        for (int i = plan.Blocks.Length - 1; i >= 0; i--)
        {
            BasicBlock block = plan.Blocks[i].Block;
            lengths[plan.MaskOf[i]] += block.Length;
            if (block.Successors is [BasicBlock next, BasicBlock taken])
            {
                lengths[taken.Order] -= lengths[next.Order];
                lengths[plan.MaskOf[i]] += lengths[next.Order];
                lengths[next.Order] = 0;
            }
        }

        return lengths;
    }
}
