using System.Reflection.Emit;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// This part keeps comparisons apart from rotations. The runtime's compiler makes a rotation of shifts in both directions, and in .NET 10 takes it to set the
/// zero flag, which no rotation does (dotnet/runtime#129288): a comparison with 0 then looks at the flag of something else.
/// </summary>
internal sealed partial class CodeGenerator
{
    private LocalBuilder? _tested32;
    private LocalBuilder? _tested64;

    // Leaves a number that is compared, perhaps with 0. What may be a rotation goes through memory.
    private void Tested(Value value, bool narrow)
    {
        Operand(value, narrow);
        if (!MayBeRotation(value))
        {
            return;
        }

        LocalBuilder local = narrow ? _tested32 ??= _il.DeclareLocal(typeof(uint)) : _tested64 ??= _il.DeclareLocal(typeof(ulong));
        _il.Emit(OpCodes.Stloc, local);
        _il.Emit(OpCodes.Ldloca, local);
        _il.Emit(OpCodes.Volatile);
        _il.Emit(narrow ? OpCodes.Ldind_U4 : OpCodes.Ldind_I8);
    }

    // Or is made from one in a way that a comparison may be brought before: by an operation of one operand, or with a number.
    private static bool MayBeRotation(Value value)
    {
        value = value.Root();
        while (value.IsPure)
        {
            Value first = value.Arguments[0].Root();
            if (value.Kind != ValueKind.Arithmetic)
            {
                value = first;
                continue;
            }

            Value second = value.Arguments[1].Root();
            if (IsShiftRight(first) || IsShiftRight(second))
            {
                return value.Operation is Operation.OrImmediate64 or Operation.XorImmediate64;
            }

            if (!first.IsFixed && !second.IsFixed)
            {
                return false;
            }

            value = first.IsFixed ? second : first;
        }

        return false;
    }

    private static bool IsShiftRight(Value value)
    {
        while (value.Kind == ValueKind.Cut)
        {
            value = value.Arguments[0].Root();
        }

        return value is { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftRightImmediate64 };
    }
}
