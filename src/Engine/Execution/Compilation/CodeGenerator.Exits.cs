using System.Reflection.Emit;
using ReuseportPS.Engine.Isa;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>This part writes the ways out of the generated code, to the interpreter.</summary>
internal sealed partial class CodeGenerator
{
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
                Machine();
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
            Machine();
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

        HandOverSelection();

        // The calls are the last thing that the code does, so that it need not save anything around them.
        if (_form == CodeForm.Bound)
        {
            _il.Emit(OpCodes.Ldarg_0);
            _il.Emit(OpCodes.Ldarg_1);
        }
        else
        {
            Machine();
        }

        _il.Emit(OpCodes.Ldc_I4, state.At);
        _il.Emit(OpCodes.Ldc_I4, state.Function.Depth);
        _il.Emit(OpCodes.Ldloc, _left);
        Number((long)exit.Before);
        _il.Emit(OpCodes.Sub);
        switch (_form)
        {
            case CodeForm.Single:
                _il.Emit(OpCodes.Call, Members.Resume);
                break;
            case CodeForm.Bound:
                _il.Emit(OpCodes.Call, _prepared.NeedsBegin ? BoundProgram.Members.Resume : BoundProgram.Members.BeginLate);
                break;
            default:
                Item();
                _il.Emit(OpCodes.Ldloc, _executed!);
                _il.Emit(OpCodes.Call, Members.LeaveAt);
                break;
        }

        _il.Emit(OpCodes.Ret);
    }

    // A helper failed: the fault is made from what the machine holds.
    private void WriteFailure(Value call)
    {
        if (_form == CodeForm.Bound)
        {
            _il.Emit(OpCodes.Ldarg_0);
        }
        else
        {
            Machine();
        }

        _il.Emit(OpCodes.Ldc_I4, call.At);
        Left(call.Block, call.At + 1);
        switch (_form)
        {
            case CodeForm.Single:
                _il.Emit(OpCodes.Call, Members.EndInHelper);
                break;
            case CodeForm.Bound:
                _il.Emit(OpCodes.Call, BoundProgram.Members.EndInHelper);
                break;
            default:
                Item();
                _il.Emit(OpCodes.Ldloc, _executed!);
                _il.Emit(OpCodes.Call, Members.LeaveAfterHelper);
                break;
        }

        _il.Emit(OpCodes.Ret);
    }
}
