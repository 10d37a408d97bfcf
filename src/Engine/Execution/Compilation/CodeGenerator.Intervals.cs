using System.Reflection.Emit;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// This part writes two comparisons of one number with constants, the second right after the first and to the same place, as one: whether the number is outside
/// an interval. What the way counts would differ, so that code that counts keeps both.
/// </summary>
internal sealed partial class CodeGenerator
{
    private bool WriteInterval(ValueBlock first)
    {
        BasicBlock next = first.Block.Successors[0];
        if (_counts || next.Order <= first.Block.Order || next.Predecessors.Count != 1 || next.End != BlockEnd.Branch)
        {
            return false;
        }

        ValueBlock second = _prepared.Blocks[next.Order];
        if (!ReferenceEquals(first.Left!.Root(), second.Left!.Root()) || !second.Values.All(static value => !value.IsNeeded || (value.IsPure && !value.NeedsLocal))
            || !LeadToTheSame(first.Block.Successors[1], next.Successors[1]))
        {
            return false;
        }

        bool fits = FitsHalf(first.Left);
        bool narrow = fits || first.CompareIs32;
        if ((!fits && first.CompareIs32 != second.CompareIs32) || NotTaken(first) is not { } one || NotTaken(second) is not { } two)
        {
            return false;
        }

        ulong low = Math.Max(one.Low, two.Low);
        ulong high = Math.Min(Math.Min(one.High, two.High), narrow ? uint.MaxValue : ulong.MaxValue);
        if (low > high)
        {
            return false;
        }

        Label taken = _labels[PassThrough(first.Block, first.Block.Successors[1])];
        _passed.Add(next);
        _passed.Add(next.Successors[1]);
        Tested(first.Left, narrow);
        if (low > 0)
        {
            Number(low, narrow);
            _il.Emit(OpCodes.Sub);
        }

        Number(high - low, narrow);
        _il.Emit(OpCodes.Bgt_Un, taken);
        Continue(next);
        return true;
    }

    private void Number(ulong number, bool narrow)
    {
        if (narrow)
        {
            _il.Emit(OpCodes.Ldc_I4, (int)(uint)number);
        }
        else
        {
            Number((long)number);
        }
    }

    // Two ways without anything in them, to one block, which gets the same values by both.
    private bool LeadToTheSame(BasicBlock one, BasicBlock other)
    {
        if (!IsEmptyWay(one) || !IsEmptyWay(other) || !ReferenceEquals(one.Successors[0], other.Successors[0]))
        {
            return false;
        }

        BasicBlock target = one.Successors[0];
        (int first, int second) = (target.Predecessors.IndexOf(one), target.Predecessors.IndexOf(other));
        return _prepared.Blocks[target.Order].Phis.All(phi =>
            (!phi.IsNeeded && !phi.NeedsReference) || IsSame(phi.Arguments[first].Root(), phi.Arguments[second].Root()));

        static bool IsSame(Value value, Value than) =>
            ReferenceEquals(value, than) || (value.Kind == ValueKind.Constant && than.Kind == ValueKind.Constant && value.Constant == than.Constant);
    }

    // The numbers for which a comparison with a constant does not lead away: an interval, or null where it is none, or empty.
    private static (ulong Low, ulong High)? NotTaken(ValueBlock block)
    {
        if (block.Right!.Root() is not { Kind: ValueKind.Constant } right)
        {
            return null;
        }

        ulong most = block.CompareIs32 ? uint.MaxValue : ulong.MaxValue;
        ulong number = right.Constant & most;
        return block.Comparison switch
        {
            Operation.LessThanImmediate64 => (number, most),
            Operation.LessOrEqualImmediate64 when number < most => (number + 1, most),
            Operation.GreaterThanImmediate64 => (0, number),
            Operation.GreaterOrEqualImmediate64 when number > 0 => (0, number - 1),
            _ => null,
        };
    }
}
