using System.Reflection;
using System.Reflection.Emit;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>This part writes what is around the blocks in each <see cref="CodeForm"/>, and the end of a run.</summary>
internal sealed partial class CodeGenerator
{
    private LocalBuilder? _result;
    private LocalBuilder? _item;
    private LocalBuilder? _executed;
    private Label _itemEnd;

    /// <summary>A <see cref="SingleRun"/> of a program that it is yet to be bound to.</summary>
    public static DynamicMethod GenerateSingle(PreparedProgram prepared)
    {
        DynamicMethod method = Method("run", typeof(ulong), [typeof(LoadedProgram), typeof(Machine), typeof(ulong), typeof(ulong)]);
        new CodeGenerator(prepared, method.GetILGenerator(4096), CodeForm.Single, counts: true).WriteSingle();
        return method;
    }

    public static BoundFactory GenerateBound(PreparedProgram prepared, bool counts) =>
        BoundProgramType.Make(il => new CodeGenerator(prepared, il, CodeForm.Bound, counts).WriteBound());

    /// <summary>A <see cref="BatchRun"/> of a program that it is yet to be bound to.</summary>
    public static DynamicMethod GenerateBatch(PreparedProgram prepared, bool counts)
    {
        DynamicMethod method = Method(
            "batch", typeof(int), [typeof(LoadedProgram), typeof(Machine), typeof(byte).MakeByRefType(), typeof(ulong).MakeByRefType(), typeof(int).MakeByRefType(), typeof(int)]);
        new CodeGenerator(prepared, method.GetILGenerator(4096), CodeForm.Batch, counts).WriteBatch();
        return method;
    }

    private static DynamicMethod Method(string name, Type result, Type[] parameters) =>
        new(name, result, parameters, typeof(Machine), skipVisibility: true) { InitLocals = false };

    // A budget that may end on the way through, or a context that is too short, is the interpreter's.
    private void WriteSingle()
    {
        Label restart = _il.DefineLabel();
        Machine(Members.Budget);
        Number((long)_prepared.Graph.LongestWay);
        _il.Emit(OpCodes.Blt, restart);
        CheckContext(_prepared.ReadContext, Members.ReadableContext);
        CheckContext(_prepared.WrittenContext, Members.WritableContext);
        BeginCounting();
        WriteBases();
        WriteBlocks();
        _il.MarkLabel(restart);
        Machine();
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldarg_3);
        _il.Emit(OpCodes.Call, Members.Restart);
        _il.Emit(OpCodes.Ret);
        WriteExits();

        void CheckContext(int needed, MethodInfo length)
        {
            if (needed > 0)
            {
                Machine();
                _il.Emit(OpCodes.Call, length);
                _il.Emit(OpCodes.Ldc_I4, needed);
                _il.Emit(OpCodes.Blt, restart);
            }
        }
    }

    // The bound program has seen to the budget and the context's length.
    private void WriteBound()
    {
        _context = _il.DeclareLocal(typeof(byte).MakeByRefType());
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Stloc, _context);
        if (_prepared.NeedsBegin)
        {
            _il.Emit(OpCodes.Ldarg_0);
            _il.Emit(OpCodes.Ldarg_1);
            _il.Emit(OpCodes.Call, BoundProgram.Members.Begin);
        }

        // One store for two fields: nothing selected, and a run that generated code ended.
        _il.Emit(OpCodes.Ldarg_0);
        _il.Emit(OpCodes.Ldflda, BoundProgram.Members.Outcome);
        Number(-1L);
        _il.Emit(OpCodes.Stfld, BoundOutcome.Members.Both);
        BeginCounting();
        WriteBases();
        WriteBlocks();
        WriteExits();
    }

    private void WriteBatch()
    {
        Label loop = _il.DefineLabel();
        Label check = _il.DefineLabel();
        _itemEnd = _il.DefineLabel();
        _context = _il.DeclareLocal(typeof(byte).MakeByRefType());
        _item = _il.DeclareLocal(typeof(nint));
        _executed = _il.DeclareLocal(typeof(long));
        _result = _il.DeclareLocal(typeof(ulong));
        _il.Emit(OpCodes.Ldarg, 5);
        _il.Emit(OpCodes.Conv_I);
        _il.Emit(OpCodes.Stloc, _item);
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldloc, _item);
        Machine(Members.ItemStride);
        _il.Emit(OpCodes.Mul);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _context);
        Number(0L);
        _il.Emit(OpCodes.Stloc, CountsItems ? _executed : _left);
        if (!_prepared.NeedsItem)
        {
            WriteBases();
        }

        _il.Emit(OpCodes.Br, check);
        _il.MarkLabel(loop);
        WriteBeginItem();
        if (SelectsInPlace)
        {
            Select(() => _il.Emit(OpCodes.Ldc_I4_M1));
        }

        if (CountsItems)
        {
            BeginCounting();
        }

        WriteBlocks();
        _il.MarkLabel(_itemEnd);
        ElementOf(3, 8);
        _il.Emit(OpCodes.Ldloc, _result);
        _il.Emit(OpCodes.Stind_I8);
        if (_prepared.HasCalls)
        {
            ElementOf(4, 4);
            Machine(Members.SelectedSlot);
            _il.Emit(OpCodes.Stind_I4);
        }

        _il.Emit(OpCodes.Ldloc, _context);
        Machine(Members.ItemStride);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _context);
        _il.Emit(OpCodes.Ldloc, _item);
        _il.Emit(OpCodes.Ldc_I4_1);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _item);
        _il.MarkLabel(check);
        _il.Emit(OpCodes.Ldloc, _item);
        Machine(Members.ItemCount);
        _il.Emit(OpCodes.Blt, loop);
        LeaveBatch();
        WriteExits();
    }

    // What a program that asks for no more than its context never needs.
    private void WriteBeginItem()
    {
        if (_prepared.NeedsItem)
        {
            BeginItem();
            WriteBases();
        }
        else if (_prepared.AsksEnvironment)
        {
            Label unwatched = _il.DefineLabel();
            Machine();
            _il.Emit(OpCodes.Call, Members.HasBeforeItem);
            _il.Emit(OpCodes.Brfalse, unwatched);
            BeginItem();
            _il.MarkLabel(unwatched);
        }

        void BeginItem()
        {
            Machine();
            Item();
            _il.Emit(OpCodes.Call, Members.BeginItem);
        }
    }

    // The element of the item in what a parameter refers to.
    private void ElementOf(short parameter, int size)
    {
        _il.Emit(OpCodes.Ldarg, parameter);
        _il.Emit(OpCodes.Ldloc, _item!);
        _il.Emit(OpCodes.Ldc_I4, size);
        _il.Emit(OpCodes.Mul);
        _il.Emit(OpCodes.Add);
    }

    private void Item()
    {
        _il.Emit(OpCodes.Ldloc, _item!);
        _il.Emit(OpCodes.Conv_I4);
    }

    private void BeginCounting()
    {
        Number(0L);
        _il.Emit(OpCodes.Stloc, _left);
        WriteLookLimit();
    }

    // A batch of a program whose every run ends in generated code needs no count of its own for each.
    private bool CountsItems => _prepared.MayLeave;

    // A program that selects by itself alone has the slot where the host will look for it; where helpers may select too, it is the machine's, until the end.
    private bool SelectsInPlace => _form != CodeForm.Single && !_prepared.HasCalls;

    private void Select(Action slot)
    {
        if (!SelectsInPlace)
        {
            Machine();
            slot();
            _il.Emit(OpCodes.Stfld, Members.SelectedSlot);
        }
        else if (_form == CodeForm.Bound)
        {
            _il.Emit(OpCodes.Ldarg_0);
            _il.Emit(OpCodes.Ldflda, BoundProgram.Members.Outcome);
            slot();
            _il.Emit(OpCodes.Stfld, BoundOutcome.Members.SelectedSlot);
        }
        else
        {
            ElementOf(4, 4);
            slot();
            _il.Emit(OpCodes.Stind_I4);
        }
    }

    // The interpreter goes on with what was selected in place.
    private void HandOverSelection()
    {
        if (SelectsInPlace)
        {
            Machine();
            if (_form == CodeForm.Bound)
            {
                _il.Emit(OpCodes.Ldarg_0);
                _il.Emit(OpCodes.Ldflda, BoundProgram.Members.Outcome);
                _il.Emit(OpCodes.Ldfld, BoundOutcome.Members.SelectedSlot);
            }
            else
            {
                ElementOf(4, 4);
                _il.Emit(OpCodes.Ldind_I4);
            }

            _il.Emit(OpCodes.Stfld, Members.SelectedSlot);
        }
    }

    // The end of a run, with r0 in the block's left value.
    private void WriteResult(ValueBlock block)
    {
        switch (_form)
        {
            case CodeForm.Single:
                Machine();
                Machine(Members.Budget);
                Left(block.Block, block.Block.Last);
                _il.Emit(OpCodes.Add);
                _il.Emit(OpCodes.Stfld, Members.Left);
                Wide(block.Left!);
                _il.Emit(OpCodes.Ret);
                break;
            case CodeForm.Bound:
                if (!SelectsInPlace)
                {
                    _il.Emit(OpCodes.Ldarg_0);
                    _il.Emit(OpCodes.Ldflda, BoundProgram.Members.Outcome);
                    Machine(Members.SelectedSlot);
                    _il.Emit(OpCodes.Stfld, BoundOutcome.Members.SelectedSlot);
                }

                if (_counts)
                {
                    _il.Emit(OpCodes.Ldarg_0);
                    Left(block.Block, block.Block.Last);
                    _il.Emit(OpCodes.Neg);
                    _il.Emit(OpCodes.Stfld, BoundProgram.Members.InstructionCount);
                }

                Wide(block.Left!);
                _il.Emit(OpCodes.Ret);
                break;
            default:
                Wide(block.Left!);
                _il.Emit(OpCodes.Stloc, _result!);
                if (CountsItems)
                {
                    _il.Emit(OpCodes.Ldloc, _executed!);
                    Left(block.Block, block.Block.Last);
                    _il.Emit(OpCodes.Sub);
                    _il.Emit(OpCodes.Stloc, _executed!);
                }
                else if (_counts)
                {
                    Left(block.Block, block.Block.Last);
                    _il.Emit(OpCodes.Stloc, _left);
                }

                _il.Emit(OpCodes.Br, _itemEnd);
                break;
        }
    }

    private void LeaveBatch()
    {
        Machine();
        if (CountsItems)
        {
            _il.Emit(OpCodes.Ldloc, _executed!);
        }
        else
        {
            _il.Emit(OpCodes.Ldloc, _left);
            _il.Emit(OpCodes.Neg);
        }

        _il.Emit(OpCodes.Stfld, Members.Executed);
        Item();
        _il.Emit(OpCodes.Ret);
    }
}
