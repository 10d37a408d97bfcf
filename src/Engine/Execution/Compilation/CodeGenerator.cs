using System.Reflection;
using System.Reflection.Emit;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Writes a prepared program as IL: this part is its blocks and the edges between them. What of the budget is left is counted from 0 at the beginning of
/// a run downwards, and by block: along each way what <see cref="_left"/> lacks in a block is <see cref="BasicBlock.Before"/>.
/// </summary>
internal sealed partial class CodeGenerator
{
    private readonly PreparedProgram _prepared;
    private readonly ILGenerator _il;
    private readonly CodeForm _form;
    private readonly bool _counts;
    private readonly Dictionary<Value, LocalBuilder> _locals = [];
    private readonly Dictionary<BasicBlock, Label> _labels = [];
    private readonly Dictionary<MachineState, (Label Label, int Before)> _exits = new(ReferenceEqualityComparer.Instance);
    private readonly List<MachineState> _exitOrder = [];
    private readonly List<Action> _cold = [];
    private readonly HashSet<BasicBlock> _passed = [];
    private readonly Dictionary<(PlaceKind, int, bool), LocalBuilder> _limits = [];
    private readonly Dictionary<int, LocalBuilder> _mapBytes = [];
    private readonly LocalBuilder _left;
    private LocalBuilder? _look;
    private LocalBuilder? _least;
    private LocalBuilder? _context;
    private LocalBuilder? _stack;
    private LocalBuilder? _packet;
    private LocalBuilder? _registers;

    private CodeGenerator(PreparedProgram prepared, ILGenerator il, CodeForm form, bool counts)
    {
        _prepared = prepared;
        _il = il;
        _form = form;
        _counts = counts || prepared.MayLeave;
        _left = il.DeclareLocal(typeof(long));
    }

    private void ClearStack(int first, int length)
    {
        if (length <= 64)
        {
            for (int done = 0; done < length;)
            {
                int size = length - done >= 8 ? 8 : length - done >= 4 ? 4 : length - done >= 2 ? 2 : 1;
                _il.Emit(OpCodes.Ldloc, Base(PlaceKind.Stack));
                _il.Emit(OpCodes.Ldc_I4, first + done);
                _il.Emit(OpCodes.Add);
                if (size == 8)
                {
                    Number(0L);
                }
                else
                {
                    _il.Emit(OpCodes.Ldc_I4_0);
                }

                StoreIndirect(size);
                done += size;
            }

            return;
        }

        Machine();
        _il.Emit(OpCodes.Ldc_I4, first);
        _il.Emit(OpCodes.Ldc_I4, length);
        _il.Emit(OpCodes.Call, Members.ClearStack);
    }

    private void WriteBlocks()
    {
        if (_prepared.Plan.Cleared.TryGetValue(0, out (int First, int Last) cleared))
        {
            ClearStack(cleared.First, cleared.Last - cleared.First);
        }

        foreach (ValueBlock block in _prepared.Blocks)
        {
            _labels[block.Block] = _il.DefineLabel();
        }

        foreach (ValueBlock block in _prepared.Blocks)
        {
            if (!_passed.Contains(block.Block))
            {
                WriteBlock(block);
            }
        }

        foreach (Action write in _cold)
        {
            write();
        }
    }

    private void WriteBlock(ValueBlock block)
    {
        BasicBlock basic = block.Block;
        _il.MarkLabel(_labels[basic]);
        if (basic.IsLoopHeader)
        {
            WriteLook(block);
        }

        Value? lookup = LookupBeforeTest(block);
        foreach (Value value in block.Values)
        {
            if (!ReferenceEquals(value, lookup))
            {
                Write(value);
            }
        }

        switch (basic.End)
        {
            case BlockEnd.Branch when lookup is not null:
                WriteLookupAndTest(block, lookup);
                break;
            case BlockEnd.Branch:
                WriteBranch(block);
                break;
            case BlockEnd.Interpret:
                _il.Emit(OpCodes.Br, ExitTo(block.State!, basic));
                break;
            case BlockEnd.Exit when basic.Successors.Count == 0:
                WriteEnd(block);
                break;
            default:
                if (basic.End == BlockEnd.Call && _prepared.Plan.Cleared.TryGetValue(basic.Successors[0].Function.Number, out (int First, int Last) cleared))
                {
                    ClearStack(basic.Successors[0].Function.Depth * StackSize + cleared.First, cleared.Last - cleared.First);
                }

                WriteEdge(basic, basic.Successors[0]);
                break;
        }
    }

    private void WriteEnd(ValueBlock block)
    {
        if (_prepared.HasCalls)
        {
            // What the run holds and did not give back is a fault of its exit.
            Machine(Members.ReferenceCount);
            _il.Emit(OpCodes.Brtrue, ExitTo(block.State!, block.Block));
        }

        WriteResult(block);
    }

    // What is left of the budget before an instruction of a block.
    private void Left(BasicBlock block, int at)
    {
        _il.Emit(OpCodes.Ldloc, _left);
        int executed = block.Before + at - block.First;
        if (executed != 0)
        {
            Number((long)executed);
            _il.Emit(OpCodes.Sub);
        }
    }

    private void WriteLook(ValueBlock block)
    {
        Label look = _il.DefineLabel();
        Label on = _il.DefineLabel();
        Left(block.Block, block.Block.First);
        _il.Emit(OpCodes.Ldloc, _look!);
        _il.Emit(OpCodes.Blt, look);
        _il.MarkLabel(on);
        _cold.Add(() =>
        {
            _il.MarkLabel(look);
            Left(block.Block, block.Block.First);
            _il.Emit(OpCodes.Ldloc, _least!);
            _il.Emit(OpCodes.Blt, ExitTo(block.State!, block.Block));
            Machine();
            Left(block.Block, block.Block.First);
            _il.Emit(OpCodes.Call, Members.LookAtToken);
            AtLeast();
            _il.Emit(OpCodes.Stloc, _look!);
            _il.Emit(OpCodes.Br, on);
        });
    }

    private void WriteLookLimit()
    {
        if (!_prepared.NeedsBudget)
        {
            return;
        }

        Number((long)_prepared.Graph.LongestWay);
        Machine(Members.Budget);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stloc, _least ??= _il.DeclareLocal(typeof(long)));
        if (_prepared.Graph.HasLoops)
        {
            Number(-CancellationInterval);
            AtLeast();
            _il.Emit(OpCodes.Stloc, _look ??= _il.DeclareLocal(typeof(long)));
        }
    }

    private void AtLeast()
    {
        _il.Emit(OpCodes.Ldloc, _least!);
        _il.Emit(OpCodes.Call, typeof(Math).GetMethod(nameof(Math.Max), [typeof(long), typeof(long)])!);
    }

    private void WriteEdge(BasicBlock from, BasicBlock to)
    {
        WriteCopies(from, to);
        int more = to.Before - (from.Before + from.Length);
        if (more != 0 && _counts)
        {
            _il.Emit(OpCodes.Ldloc, _left);
            Number((long)more);
            _il.Emit(OpCodes.Add);
            _il.Emit(OpCodes.Stloc, _left);
        }

        if (to.Order != from.Order + 1)
        {
            _il.Emit(OpCodes.Br, _labels[to]);
        }
    }

    // Where a branch leads to a block that only gives phis their values, the branch is made to what follows, with those values given before: no other way reads
    // them, as what follows does not come before this block.
    private BasicBlock PassThrough(BasicBlock from, BasicBlock way)
    {
        if (!IsEmptyWay(way))
        {
            return way;
        }

        BasicBlock next = way.Successors[0];
        int edge = next.Predecessors.IndexOf(way);
        if (next.Order <= from.Order || (_counts && next.Before != way.Before + way.Length)
            || !_prepared.Blocks[next.Order].Phis.All(phi => !phi.NeedsReference && (!phi.IsNeeded || IsAtHand(phi.Arguments[edge]))))
        {
            return way;
        }

        WriteCopies(way, next);
        _passed.Add(way);
        return next;
    }

    private bool IsEmptyWay(BasicBlock way) =>
        way is { Predecessors.Count: 1, End: BlockEnd.Next, IsLoopHeader: false }
        && _prepared.Blocks[way.Order].Values.All(static value => !value.IsNeeded || value is { Kind: ValueKind.Cut, NeedsLocal: false });

    private static bool IsAtHand(Value value)
    {
        value = value.Root();
        return value.IsFixed || value.NeedsLocal || (value.Kind == ValueKind.Cut && IsAtHand(value.Arguments[0]));
    }

    private void WriteCopies(BasicBlock from, BasicBlock to)
    {
        int edge = to.Predecessors.IndexOf(from);
        List<LocalBuilder> targets = [];
        foreach (Value phi in _prepared.Blocks[to.Order].Phis)
        {
            Value value = phi.Arguments[edge].Root();
            if (phi.IsNeeded && !ReferenceEquals(value, phi))
            {
                if (phi.IsWide || phi.IsIndex)
                {
                    Wide(value);
                }
                else
                {
                    Narrow(value);
                }

                targets.Add(Local(phi));
            }

            if (phi.NeedsReference && !ReferenceEquals(value, phi))
            {
                RowReference(value);
                targets.Add(ReferenceTo(phi));
            }
        }

        for (int i = targets.Count - 1; i >= 0; i--)
        {
            _il.Emit(OpCodes.Stloc, targets[i]);
        }
    }

    private void StoreRegister(int register, Value value)
    {
        _il.Emit(OpCodes.Ldloc, _registers!);
        if (register > 0)
        {
            _il.Emit(OpCodes.Ldc_I4, register * 8);
            _il.Emit(OpCodes.Add);
        }

        Wide(value);
        _il.Emit(OpCodes.Stind_I8);
    }

    private void Machine()
    {
        if (_form == CodeForm.Bound)
        {
            _il.Emit(OpCodes.Ldarg_0);
            _il.Emit(OpCodes.Ldfld, BoundProgram.Members.Machine);
        }
        else
        {
            _il.Emit(OpCodes.Ldarg_1);
        }
    }

    private void Machine(FieldInfo field)
    {
        Machine();
        _il.Emit(OpCodes.Ldfld, field);
    }

    private void Call(MethodInfo method, LocalBuilder into)
    {
        Machine();
        _il.Emit(OpCodes.Call, method);
        _il.Emit(OpCodes.Stloc, into);
    }

    private void Number(long number) => _il.Emit(OpCodes.Ldc_I8, number);

    private LocalBuilder Local(Value value)
    {
        if (!_locals.TryGetValue(value, out LocalBuilder? local))
        {
            local = _il.DeclareLocal(value.IsWide || value.IsIndex ? typeof(ulong) : typeof(uint));
            _locals.Add(value, local);
        }

        return local;
    }
}
