namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>
/// Estimates what lanes would bring. One context after the other goes one way through the program, and now and then down the wrong one first; all lanes
/// together go through all of it. In cycles, roughly.
/// </summary>
internal static class LaneCost
{
    private const double Margin = 1.25;

    // A branch that is foreseen four times of five.
    private const double Branch = 4;
    private const double Store = 1;
    private const double LoadWindow = 1.5;
    private const double LoadWord = 2;
    private const double RowWindow = 2.5;
    private const double BranchToMask = 4;

    // Of runs that come to a branch with a choice of a slot ahead on one way only: those that go there.
    private const double TowardsSelection = 0.9;
    private const double Frame = 12;

    public static bool IsWorthIt(LanePlan plan)
    {
        (double single, double lanes) = Estimate(plan);
        return lanes * Margin < single * plan.Lanes;
    }

    // Of one context alone, and of as many as there are lanes together.
    private static (double Single, double Lanes) Estimate(LanePlan plan)
    {
        bool[] selects = FindSelecting(plan);
        double[] share = new double[plan.Blocks.Length];
        share[0] = 1;
        double single = 2 * Store;
        double lanes = Frame + plan.Words.Windows.Count * plan.Lanes * LoadWindow + plan.Words.Count * LoadWord;
        lanes += plan.RowWords.Values.Sum(words => words.Windows.Count * plan.Lanes * RowWindow + words.Count * LoadWord);
        foreach (ValueBlock block in plan.Blocks)
        {
            double here = share[block.Block.Order];
            foreach (Value value in block.Phis.Concat(block.Values).Where(plan.Needed.Contains))
            {
                single += here * OfOne(value);
                lanes += OfLanes(value, plan);
            }

            bool branches = block.Block.Successors.Count > 1;
            single += branches ? here * Branch : 0;
            lanes += branches ? BranchToMask : 0;
            foreach (BasicBlock successor in block.Block.Successors)
            {
                share[successor.Order] += here * Likelihood(successor, block.Block, selects);
            }
        }

        return (single, lanes);
    }

    // Programs are there to choose: the ways that end without a choice are for what they do not know.
    private static double Likelihood(BasicBlock successor, BasicBlock of, bool[] selects) =>
        of.Successors.Count == 1 ? 1
        : of.Successors.All(way => selects[way.Order] == selects[successor.Order]) ? 1.0 / of.Successors.Count
        : selects[successor.Order] ? TowardsSelection : 1 - TowardsSelection;

    // The blocks from which a choice of a slot may still come.
    private static bool[] FindSelecting(LanePlan plan)
    {
        bool[] selects = new bool[plan.Blocks.Length];
        for (int i = plan.Blocks.Length - 1; i >= 0; i--)
        {
            selects[i] = plan.Blocks[i].Values.Any(value => value.Kind == ValueKind.Select) || plan.Blocks[i].Block.Successors.Any(successor => selects[successor.Order]);
        }

        return selects;
    }

    private static double OfOne(Value value) => value.Kind switch
    {
        ValueKind.Arithmetic when IsDivision(value) => 6,
        ValueKind.Select => 4,
        ValueKind.Lookup => 3,
        ValueKind.Phi => 0.5,
        _ => 1,
    };

    private static double OfLanes(Value value, LanePlan plan)
    {
        double halves = value.IsWide ? 2 : 1;
        return value.Kind switch
        {
            ValueKind.Arithmetic when IsDivision(value) => 2 * plan.Lanes,
            ValueKind.Arithmetic when !CodeGenerator.IsNarrow(value) => value.Operation == Operation.MultiplyImmediate64 ? 6 : 4,
            ValueKind.Select => 4 + 1.5 * plan.Lanes,
            ValueKind.Lookup => 4 + (plan.RowWords.ContainsKey(value) ? 0 : plan.Lanes * RowWindow),
            ValueKind.Phi => halves * value.Arguments.Length,
            _ => halves,
        };
    }

    private static bool IsDivision(Value value) =>
        value.Operation is Operation.DivideImmediate64 or Operation.ModuloImmediate64 or Operation.SignedDivideImmediate64 or Operation.SignedModuloImmediate64;
}
