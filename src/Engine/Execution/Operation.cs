namespace ReuseportPS.Engine.Execution;

/// <summary>
/// What the interpreter's switch is over. Arithmetic and comparisons come in fours, in this order: 64-bit immediate, 64-bit register, 32-bit immediate,
/// 32-bit register; loads and stores in the order 8, 16, 32, 64 bits. <see cref="DecodedInstruction.From"/> counts on it.
/// </summary>
internal enum Operation : ushort
{
    AddImmediate64, AddRegister64, AddImmediate32, AddRegister32,
    SubtractImmediate64, SubtractRegister64, SubtractImmediate32, SubtractRegister32,
    MultiplyImmediate64, MultiplyRegister64, MultiplyImmediate32, MultiplyRegister32,
    DivideImmediate64, DivideRegister64, DivideImmediate32, DivideRegister32,
    SignedDivideImmediate64, SignedDivideRegister64, SignedDivideImmediate32, SignedDivideRegister32,
    OrImmediate64, OrRegister64, OrImmediate32, OrRegister32,
    AndImmediate64, AndRegister64, AndImmediate32, AndRegister32,
    ShiftLeftImmediate64, ShiftLeftRegister64, ShiftLeftImmediate32, ShiftLeftRegister32,
    ShiftRightImmediate64, ShiftRightRegister64, ShiftRightImmediate32, ShiftRightRegister32,
    ArithmeticShiftRightImmediate64, ArithmeticShiftRightRegister64, ArithmeticShiftRightImmediate32, ArithmeticShiftRightRegister32,
    ModuloImmediate64, ModuloRegister64, ModuloImmediate32, ModuloRegister32,
    SignedModuloImmediate64, SignedModuloRegister64, SignedModuloImmediate32, SignedModuloRegister32,
    XorImmediate64, XorRegister64, XorImmediate32, XorRegister32,
    MoveImmediate64, MoveRegister64, MoveImmediate32, MoveRegister32,

    EqualImmediate64, EqualRegister64, EqualImmediate32, EqualRegister32,
    NotEqualImmediate64, NotEqualRegister64, NotEqualImmediate32, NotEqualRegister32,
    BitsSetImmediate64, BitsSetRegister64, BitsSetImmediate32, BitsSetRegister32,
    GreaterThanImmediate64, GreaterThanRegister64, GreaterThanImmediate32, GreaterThanRegister32,
    GreaterOrEqualImmediate64, GreaterOrEqualRegister64, GreaterOrEqualImmediate32, GreaterOrEqualRegister32,
    LessThanImmediate64, LessThanRegister64, LessThanImmediate32, LessThanRegister32,
    LessOrEqualImmediate64, LessOrEqualRegister64, LessOrEqualImmediate32, LessOrEqualRegister32,
    SignedGreaterThanImmediate64, SignedGreaterThanRegister64, SignedGreaterThanImmediate32, SignedGreaterThanRegister32,
    SignedGreaterOrEqualImmediate64, SignedGreaterOrEqualRegister64, SignedGreaterOrEqualImmediate32, SignedGreaterOrEqualRegister32,
    SignedLessThanImmediate64, SignedLessThanRegister64, SignedLessThanImmediate32, SignedLessThanRegister32,
    SignedLessOrEqualImmediate64, SignedLessOrEqualRegister64, SignedLessOrEqualImmediate32, SignedLessOrEqualRegister32,

    Load8, Load16, Load32, Load64,
    LoadSigned8, LoadSigned16, LoadSigned32,
    Store8, Store16, Store32, Store64,
    StoreImmediate8, StoreImmediate16, StoreImmediate32, StoreImmediate64,
    Atomic32, Atomic64,

    Negate64, Negate32,
    SignExtend8To64, SignExtend16To64, SignExtend32To64, SignExtend8To32, SignExtend16To32,
    Swap16, Swap32, Swap64,
    Cut16, Cut32, Nothing,
    LoadValue, LoadMap, LoadMapValue,
    Jump, CallHelper, CallKernel, TailCall, CallLocal, Exit, Unsupported,

    // Only in fused code: accesses to the frame at a known place, and pairs of instructions.
    LoadStack8, LoadStack16, LoadStack32, LoadStack64,
    StoreStack8, StoreStack16, StoreStack32, StoreStack64,
    StoreImmediateStack8, StoreImmediateStack16, StoreImmediateStack32, StoreImmediateStack64,
    MoveAdd64, MoveAnd64, MoveAnd32, MoveShiftLeft64, MoveShiftLeft32, MoveShiftRight64, MoveShiftRight32, ShiftLeftRight64,
    MoveAddRegister64, MoveAndRegister64, MoveXorRegister64, MoveCut32,
    MoveAndEqual64, MoveAndNotEqual64, OutsideImmediate64, SubtractRegisterMove64, Load8ShiftLeft64, Load32LessThan64, Load32LessOrEqual64,
}
