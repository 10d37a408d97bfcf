using System.Reflection.Emit;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// This part keeps the runtime's compiler from two mistakes of .NET 10 about the rotations that it makes of shifts in both directions. It takes a rotation to set
/// the zero flag, which none does (dotnet/runtime#129288): a comparison with 0 then looks at the flag of something else. And it makes one where the shifts are
/// xor-ed (dotnet/runtime#133864), which by 0 or all bits is 0 and no rotation.
/// </summary>
internal sealed partial class CodeGenerator
{
    private LocalBuilder? _tested32;
    private LocalBuilder? _tested64;

    // Leaves a number that is compared, perhaps with 0. What may be a rotation goes through memory.
    private void Tested(Value value, bool narrow)
    {
        Operand(value, narrow);
        if (MayBeRotation(value))
        {
            ThroughMemory(narrow);
        }
    }

    // Two numbers to be xor-ed, in a way that is not taken for a rotation.
    private void Exclusive(Value left, Value right, bool narrow)
    {
        Operand(left, narrow);
        Operand(right, narrow);
        if (IsShiftByNumber(left) && IsShiftByNumber(right))
        {
            ThroughMemory(narrow);
        }
    }

    private void ThroughMemory(bool narrow)
    {
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

    private static bool IsShiftRight(Value value) => WithoutCuts(value) is { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftRightImmediate64 };

    private static bool IsShiftByNumber(Value value) =>
        WithoutCuts(value) is { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftLeftImmediate64 or Operation.ShiftRightImmediate64 } shift && !shift.Arguments[1].Root().IsFixed;

    private static Value WithoutCuts(Value value)
    {
        value = value.Root();
        while (value.Kind == ValueKind.Cut)
        {
            value = value.Arguments[0].Root();
        }

        return value;
    }
}
