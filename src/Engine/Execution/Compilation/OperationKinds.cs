namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What the places of operations in <see cref="Operation"/> say about them.</summary>
internal static class OperationKinds
{
    extension(Operation operation)
    {
        /// <summary>Arithmetic or a move, with an immediate or a register.</summary>
        public bool IsArithmetic => operation <= Operation.MoveRegister32;

        /// <summary>A comparison.</summary>
        public bool IsComparison => operation is >= Operation.EqualImmediate64 and <= Operation.SignedLessOrEqualRegister32;

        /// <summary>The second operand of arithmetic or a comparison is a register.</summary>
        public bool UsesSource => ((int)operation & 1) != 0;

        /// <summary>Arithmetic or a comparison of 32 bits.</summary>
        public bool Is32 => ((int)operation & 2) != 0;

        public bool IsLoad => operation is >= Operation.Load8 and <= Operation.LoadSigned32;

        public bool IsStore => operation is >= Operation.Store8 and <= Operation.StoreImmediate64;

        public bool IsAtomic => operation is Operation.Atomic32 or Operation.Atomic64;

        /// <summary>The operation of 64 bits with an immediate: first of its four.</summary>
        public Operation First => (Operation)((int)operation & ~3);

        /// <summary>Bytes that a load, store or atomic accesses.</summary>
        public int AccessSize => operation switch
        {
            Operation.Load8 or Operation.LoadSigned8 or Operation.Store8 or Operation.StoreImmediate8 => 1,
            Operation.Load16 or Operation.LoadSigned16 or Operation.Store16 or Operation.StoreImmediate16 => 2,
            Operation.Load32 or Operation.LoadSigned32 or Operation.Store32 or Operation.StoreImmediate32 or Operation.Atomic32 => 4,
            _ => 8,
        };
    }

    public static bool IsBranch(this Operation operation) => operation.IsComparison;
}
