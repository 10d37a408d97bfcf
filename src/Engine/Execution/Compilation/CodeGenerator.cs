using System.Reflection;
using System.Reflection.Emit;
using ReuseportPS.Engine.Isa;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Writes a prepared program as IL: this part is the frame around the blocks, and the ways out to the interpreter.</summary>
internal sealed partial class CodeGenerator
{
    private readonly PreparedProgram _prepared;
    private readonly ILGenerator _il;
    private readonly bool _isBatch;
    private readonly Dictionary<Value, LocalBuilder> _locals = [];
    private readonly Dictionary<BasicBlock, Label> _labels = [];
    private readonly Dictionary<MachineState, (Label Label, int Before)> _exits = new(ReferenceEqualityComparer.Instance);
    private readonly List<MachineState> _exitOrder = [];
    private readonly List<Action> _cold = [];
    private readonly Dictionary<(PlaceKind, int, bool), LocalBuilder> _limits = [];
    private readonly Dictionary<int, LocalBuilder> _mapBytes = [];
    private readonly LocalBuilder _left;
    private readonly LocalBuilder _result;
    private LocalBuilder? _look;
    private LocalBuilder? _context;
    private LocalBuilder? _stack;
    private LocalBuilder? _packet;
    private LocalBuilder? _registers;
    private Label _slowEnd;
    private Label _itemEnd;
    private LocalBuilder? _executed;
    private LocalBuilder? _budget;
    private LocalBuilder? _item;
    private LocalBuilder? _selected;

    private CodeGenerator(PreparedProgram prepared, ILGenerator il, bool isBatch)
    {
        _prepared = prepared;
        _il = il;
        _isBatch = isBatch;
        _left = il.DeclareLocal(typeof(long));
        _result = il.DeclareLocal(typeof(ulong));
    }

    public static SingleRun GenerateSingle(PreparedProgram prepared)
    {
        DynamicMethod method = Method("run", typeof(ulong), typeof(ulong), typeof(ulong));
        new CodeGenerator(prepared, method.GetILGenerator(4096), isBatch: false).WriteSingle();
        return method.CreateDelegate<SingleRun>(prepared.Program);
    }

    public static BatchRun GenerateBatch(PreparedProgram prepared)
    {
        DynamicMethod method = Method("batch", typeof(long), typeof(byte).MakeByRefType(), typeof(ulong).MakeByRefType());
        new CodeGenerator(prepared, method.GetILGenerator(4096), isBatch: true).WriteBatch();
        return method.CreateDelegate<BatchRun>(prepared.Program);
    }

    private static DynamicMethod Method(string name, Type result, Type first, Type second)
    {
        DynamicMethod method = new(name, result, [typeof(LoadedProgram), typeof(Machine), first, second], typeof(Machine), skipVisibility: true);
        method.InitLocals = false;
        return method;
    }

    private void WriteSingle()
    {
        Label restart = _il.DefineLabel();
        _slowEnd = _il.DefineLabel();
        Machine(Members.Left);
        _il.Emit(OpCodes.Stloc, _left);
        WriteChecks(restart);
        WriteBases();
        WriteLookLimit();
        WriteBlocks();

        _il.MarkLabel(restart);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldarg_3);
        _il.Emit(OpCodes.Call, Members.Restart);
        _il.Emit(OpCodes.Ret);
        WriteExits();
        _il.MarkLabel(_slowEnd);
        _il.Emit(OpCodes.Ldloc, _result);
        _il.Emit(OpCodes.Ret);
    }

    private void WriteBatch()
    {
        LocalBuilder count = _il.DeclareLocal(typeof(int));
        LocalBuilder stride = _il.DeclareLocal(typeof(nint));
        LocalBuilder results = _il.DeclareLocal(typeof(ulong).MakeByRefType());
        _item = _il.DeclareLocal(typeof(int));
        _executed = _il.DeclareLocal(typeof(long));
        _budget = _il.DeclareLocal(typeof(long));
        _context = _il.DeclareLocal(typeof(byte).MakeByRefType());
        Label restart = _il.DefineLabel();
        Label loop = _il.DefineLabel();
        _slowEnd = _il.DefineLabel();
        _itemEnd = _il.DefineLabel();
        LocalBuilder slots = _il.DeclareLocal(typeof(int).MakeByRefType());
        Call(Members.ItemCount, count);
        Call(Members.SelectedSlots, slots);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Call, Members.ItemStride);
        _il.Emit(OpCodes.Conv_I);
        _il.Emit(OpCodes.Stloc, stride);
        Machine(Members.Left);
        _il.Emit(OpCodes.Stloc, _budget);
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Call, Members.ItemStart);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _context);
        _il.Emit(OpCodes.Ldarg_3);
        _il.Emit(OpCodes.Stloc, results);
        Number(0L);
        _il.Emit(OpCodes.Stloc, _executed);
        _il.Emit(OpCodes.Ldc_I4_0);
        _il.Emit(OpCodes.Stloc, _item);
        BeginItem();
        _il.Emit(OpCodes.Ldloc, _budget);
        _il.Emit(OpCodes.Stloc, _left);
        WriteChecks(restart);
        if (!_prepared.NeedsItem)
        {
            WriteBases();
        }

        _il.MarkLabel(loop);
        if (_prepared.NeedsItem)
        {
            BeginItem();
            WriteBases();
        }

        else
        {
            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Ldc_I4_M1);
            _il.Emit(OpCodes.Stfld, Members.SelectedSlot);
        }

        _il.Emit(OpCodes.Ldloc, _budget);
        _il.Emit(OpCodes.Stloc, _left);
        WriteLookLimit();
        WriteBlocks();
        WriteExits();

        _il.MarkLabel(_slowEnd);
        Machine(Members.Left);
        _il.Emit(OpCodes.Stloc, _left);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Call, Members.EndItem);

        _il.MarkLabel(_itemEnd);
        _il.Emit(OpCodes.Ldloc, results);
        _il.Emit(OpCodes.Ldloc, _result);
        _il.Emit(OpCodes.Stind_I8);
        _il.Emit(OpCodes.Ldloc, results);
        _il.Emit(OpCodes.Ldc_I4_8);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, results);
        WriteSelected(slots);
        _il.Emit(OpCodes.Ldloc, _executed);
        _il.Emit(OpCodes.Ldloc, _budget);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Ldloc, _left);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stloc, _executed);
        _il.Emit(OpCodes.Ldloc, _context);
        _il.Emit(OpCodes.Ldloc, stride);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _context);
        _il.Emit(OpCodes.Ldloc, _item);
        _il.Emit(OpCodes.Ldc_I4_1);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _item);
        _il.Emit(OpCodes.Ldloc, _item);
        _il.Emit(OpCodes.Ldloc, count);
        _il.Emit(OpCodes.Blt, loop);
        _il.Emit(OpCodes.Ldloc, _executed);
        _il.Emit(OpCodes.Ret);

        // What the first item's budget, or context, is too small for, all items' are.
        _il.MarkLabel(restart);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldarg_3);
        _il.Emit(OpCodes.Call, Members.InterpretItems);
        _il.Emit(OpCodes.Ret);
    }

    private void WriteSelected(LocalBuilder slots)
    {
        Label unwanted = _il.DefineLabel();
        _il.Emit(OpCodes.Ldloc, slots);
        _il.Emit(OpCodes.Conv_U);
        _il.Emit(OpCodes.Brfalse, unwanted);
        _il.Emit(OpCodes.Ldloc, slots);
        Machine(Members.SelectedSlot);
        _il.Emit(OpCodes.Stind_I4);
        _il.Emit(OpCodes.Ldloc, slots);
        _il.Emit(OpCodes.Ldc_I4_4);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, slots);
        _il.MarkLabel(unwanted);
    }

    // What the run has selected so far stands.
    private void BeginItemLate()
    {
        _selected ??= _il.DeclareLocal(typeof(int));
        Machine(Members.SelectedSlot);
        _il.Emit(OpCodes.Stloc, _selected);
        BeginItem();
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldloc, _selected);
        _il.Emit(OpCodes.Stfld, Members.SelectedSlot);
    }

    private void BeginItem()
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldloc, _item!);
        _il.Emit(OpCodes.Ldloc, _budget!);
        _il.Emit(OpCodes.Call, Members.BeginItem);
    }

    // The way through is counted by block; a budget that may end on it, or a context that is too short, is the interpreter's.
    private void WriteChecks(Label restart)
    {
        _il.Emit(OpCodes.Ldloc, _left);
        Number((long)_prepared.Graph.LongestWay);
        _il.Emit(OpCodes.Blt, restart);
        foreach ((int needed, MethodInfo length) in ((int, MethodInfo)[])[(_prepared.ReadContext, Members.ReadableContext), (_prepared.WrittenContext, Members.WritableContext)])
        {
            if (needed > 0)
            {
                _il.Emit(OpCodes.Ldarg_1);
                _il.Emit(OpCodes.Call, length);
                _il.Emit(OpCodes.Ldc_I4, needed);
                _il.Emit(OpCodes.Blt, restart);
            }
        }

    }

    private void WriteLookLimit()
    {
        if (_prepared.Graph.HasLoops)
        {
            _look ??= _il.DeclareLocal(typeof(long));
            _il.Emit(OpCodes.Ldloc, _left);
            Number(CancellationInterval);
            _il.Emit(OpCodes.Sub);
            AtLeastLongestWay();
            _il.Emit(OpCodes.Stloc, _look);
        }
    }

    private void AtLeastLongestWay()
    {
        Number((long)_prepared.Graph.LongestWay);
        _il.Emit(OpCodes.Call, typeof(Math).GetMethod(nameof(Math.Max), [typeof(long), typeof(long)])!);
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

        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldc_I4, first);
        _il.Emit(OpCodes.Ldc_I4, length);
        _il.Emit(OpCodes.Call, Members.ClearStack);
    }

    // References to the memory of the program, and the numbers that guards compare with.
    private void WriteBases()
    {
        HashSet<PlaceKind> kinds = [];
        SortedSet<int> maps = [];
        SortedSet<int> selections = [];
        SortedSet<(PlaceKind Kind, int Size, bool Write)> limits = [];
        foreach (Value value in _prepared.Blocks.SelectMany(block => block.Values))
        {
            if (value.Kind == ValueKind.Load && value.Place is { Kind: PlaceKind.Packet })
            {
                limits.Add((PlaceKind.Packet, 0, false));
            }

            if (value.Kind == ValueKind.Lookup && value.IsNeeded)
            {
                maps.Add(value.Map);
            }

            if (value.Kind == ValueKind.Select)
            {
                selections.Add(value.Map);
            }

            if (!value.IsNeeded || value.Kind is not (ValueKind.Load or ValueKind.Store or ValueKind.Atomic) || value.Mode == AccessMode.Search)
            {
                continue;
            }

            Place place = ValueAnalysis.Of(value.Arguments[0]).Place!;
            kinds.Add(place.Kind);
            if (place.Kind == PlaceKind.Value)
            {
                maps.Add(place.Map);
            }

            if (value.Mode == AccessMode.Guarded)
            {
                limits.Add((place.Kind, value.Size, value.Kind != ValueKind.Load));
            }
        }

        if (kinds.Contains(PlaceKind.Stack) || _prepared.Plan.Cleared.Count > 0)
        {
            Call(Members.StackBytes, Base(PlaceKind.Stack));
        }

        if (kinds.Contains(PlaceKind.Context) && !_isBatch)
        {
            Call(Members.ContextBytes, Base(PlaceKind.Context));
        }

        if (kinds.Contains(PlaceKind.Packet))
        {
            Call(Members.PacketBytes, Base(PlaceKind.Packet));
        }

        foreach (int map in maps)
        {
            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Ldc_I4, map);
            _il.Emit(OpCodes.Call, Members.ValueBytes);
            _il.Emit(OpCodes.Stloc, _mapBytes.TryGetValue(map, out LocalBuilder? local) ? local : _mapBytes[map] = _il.DeclareLocal(typeof(byte).MakeByRefType()));
        }

        foreach (int map in selections)
        {
            if (!_slots.TryGetValue(map, out (LocalBuilder Errors, LocalBuilder Count) slots))
            {
                slots = _slots[map] = (_il.DeclareLocal(typeof(int).MakeByRefType()), _il.DeclareLocal(typeof(int)));
            }

            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Ldc_I4, map);
            _il.Emit(OpCodes.Call, Members.SlotErrors);
            _il.Emit(OpCodes.Stloc, slots.Errors);
            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Ldc_I4, map);
            _il.Emit(OpCodes.Call, Members.SlotCount);
            _il.Emit(OpCodes.Stloc, slots.Count);
        }

        foreach ((PlaceKind kind, int size, bool write) in limits)
        {
            WriteLimit(kind, size, write);
        }
    }

    // Offsets below the limit are those at which an access of the size fits.
    private void WriteLimit(PlaceKind kind, int size, bool write)
    {
        LocalBuilder limit = _limits.TryGetValue((kind, size, write), out LocalBuilder? known) ? known : _limits[(kind, size, write)] = _il.DeclareLocal(typeof(long));
        if (kind == PlaceKind.Stack)
        {
            Number((long)(StackSize - size + 1));
        }
        else
        {
            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Call, (kind, write) switch
            {
                (PlaceKind.Context, false) => Members.ReadableContext,
                (PlaceKind.Context, true) => Members.WritableContext,
                (_, false) => Members.ReadablePacket,
                _ => Members.WritablePacket,
            });
            _il.Emit(OpCodes.Conv_I8);
            Number((long)(1 - size));
            _il.Emit(OpCodes.Add);
            Number(0L);
            _il.Emit(OpCodes.Call, typeof(Math).GetMethod(nameof(Math.Max), [typeof(long), typeof(long)])!);
        }

        _il.Emit(OpCodes.Stloc, limit);
    }

    private LocalBuilder Base(PlaceKind kind) => kind switch
    {
        PlaceKind.Stack => _stack ??= _il.DeclareLocal(typeof(byte).MakeByRefType()),
        PlaceKind.Context => _context ??= _il.DeclareLocal(typeof(byte).MakeByRefType()),
        _ => _packet ??= _il.DeclareLocal(typeof(byte).MakeByRefType()),
    };

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
            WriteBlock(block);
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

        if (_isBatch)
        {
            Wide(block.Left!);
            _il.Emit(OpCodes.Stloc, _result);
            Left(block.Block, block.Block.Last);
            _il.Emit(OpCodes.Stloc, _left);
            _il.Emit(OpCodes.Br, _itemEnd);
            return;
        }

        _il.Emit(OpCodes.Ldarg_1);
        Left(block.Block, block.Block.Last);
        _il.Emit(OpCodes.Stfld, Members.Left);
        Wide(block.Left!);
        _il.Emit(OpCodes.Ret);
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
            Number((long)_prepared.Graph.LongestWay);
            _il.Emit(OpCodes.Blt, ExitTo(block.State!, block.Block));
            _il.Emit(OpCodes.Ldarg_1);
            Left(block.Block, block.Block.First);
            _il.Emit(OpCodes.Call, Members.LookAtToken);
            AtLeastLongestWay();
            _il.Emit(OpCodes.Stloc, _look!);
            _il.Emit(OpCodes.Br, on);
        });
    }

    private void WriteEdge(BasicBlock from, BasicBlock to)
    {
        int edge = to.Predecessors.IndexOf(from);
        List<LocalBuilder> targets = [];
        foreach (Value phi in _prepared.Blocks[to.Order].Phis)
        {
            Value value = phi.Arguments[edge].Root();
            if (phi.IsNeeded && !ReferenceEquals(value, phi))
            {
                if (phi.IsWide)
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

        int more = to.Before - (from.Before + from.Length);
        if (more != 0)
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

    private Label ExitTo(MachineState state, BasicBlock block)
    {
        if (!_exits.TryGetValue(state, out (Label Label, int Before) exit))
        {
            exit = (_il.DefineLabel(), block.Before + state.At - block.First);
            _exits.Add(state, exit);
            _exitOrder.Add(state);
        }

        return exit.Label;
    }

    private void WriteExits()
    {
        foreach (MachineState state in _exitOrder)
        {
            WriteExit(state, _exits[state]);
        }
    }

    private void WriteExit(MachineState state, (Label Label, int Before) exit)
    {
        _il.MarkLabel(exit.Label);
        if (_isBatch && !_prepared.NeedsItem)
        {
            BeginItemLate();
        }

        Dictionary<int, Value> values = [];
        _registers ??= _il.DeclareLocal(typeof(ulong).MakeByRefType());
        Call(Members.RegisterFile, _registers);
        foreach ((int variable, Value value) in state.Variables)
        {
            if (variable < Variables.Shared)
            {
                StoreRegister(variable, value);
            }
            else if (Variables.IsKept(state.Function, variable, out int register))
            {
                StoreRegister(register, value);
            }
            else if (variable >= Variables.Count(_prepared.Graph.Functions.Count))
            {
                StackSlot slot = _prepared.Plan.Slots[variable - Variables.Count(_prepared.Graph.Functions.Count)];
                _il.Emit(OpCodes.Ldarg_1);
                _il.Emit(OpCodes.Call, Members.StackBytes);
                _il.Emit(OpCodes.Ldc_I4, slot.Function.Depth * StackSize + slot.Offset);
                _il.Emit(OpCodes.Add);
                StoreOperand(value, slot.Size);
                StoreIndirect(slot.Size);
            }
            else
            {
                values[variable] = value;
            }
        }

        for (FunctionInstance function = state.Function; function.Caller is FunctionInstance caller; function = caller)
        {
            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Ldc_I4, caller.Depth);
            _il.Emit(OpCodes.Ldc_I4, function.ReturnTo);
            for (int register = Variables.Shared; register < (int)Register.R10; register++)
            {
                if (values.TryGetValue(Variables.Of(caller, register), out Value? value))
                {
                    Wide(value);
                }
                else
                {
                    Number(0L);
                }
            }

            _il.Emit(OpCodes.Call, Members.SetFrame);
        }

        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldc_I4, state.At);
        _il.Emit(OpCodes.Ldc_I4, state.Function.Depth);
        _il.Emit(OpCodes.Ldloc, _left);
        Number((long)exit.Before);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Call, Members.Resume);
        _il.Emit(OpCodes.Stloc, _result);
        _il.Emit(OpCodes.Br, _slowEnd);
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

    private void Machine(FieldInfo field)
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldfld, field);
    }

    private void Call(MethodInfo method, LocalBuilder into)
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Call, method);
        _il.Emit(OpCodes.Stloc, into);
    }

    private void Number(long number) => _il.Emit(OpCodes.Ldc_I8, number);

    private LocalBuilder Local(Value value)
    {
        if (!_locals.TryGetValue(value, out LocalBuilder? local))
        {
            local = _il.DeclareLocal(value.IsWide ? typeof(ulong) : typeof(uint));
            _locals.Add(value, local);
        }

        return local;
    }
}
