namespace ReuseportPS.Engine.Isa;

/// <summary>Makes instructions. Nothing is checked beyond the types; <see cref="OpcodeTable"/> says what is well formed.</summary>
public static class Instructions
{
    /// <summary><c>dst = immediate</c>, sign-extended to 64 bits.</summary>
    public static Instruction MoveImmediate(Register destination, int immediate) => Alu64(AluOperation.Move, destination, immediate);

    /// <summary><c>dst = src</c>.</summary>
    public static Instruction Move(Register destination, Register source) => Alu64(AluOperation.Move, destination, source);

    /// <summary><c>w(dst) = immediate</c>; the upper half becomes 0.</summary>
    public static Instruction MoveImmediate32(Register destination, int immediate) => Alu32(AluOperation.Move, destination, immediate);

    /// <summary><c>w(dst) = w(src)</c>; the upper half becomes 0.</summary>
    public static Instruction Move32(Register destination, Register source) => Alu32(AluOperation.Move, destination, source);

    /// <summary><c>dst = (s8|s16|s32) src</c>, sign-extended to 64 bits.</summary>
    /// <param name="destination">Register written.</param>
    /// <param name="source">Register read.</param>
    /// <param name="bits">8, 16 or 32.</param>
    public static Instruction MoveSignExtend(Register destination, Register source, int bits) =>
        Alu64(AluOperation.Move, destination, source) with { Offset = (short)bits };

    /// <summary><c>w(dst) = (s8|s16) w(src)</c>, sign-extended to 32 bits; the upper half becomes 0.</summary>
    /// <param name="destination">Register written.</param>
    /// <param name="source">Register read.</param>
    /// <param name="bits">8 or 16.</param>
    public static Instruction MoveSignExtend32(Register destination, Register source, int bits) =>
        Alu32(AluOperation.Move, destination, source) with { Offset = (short)bits };

    /// <summary>64-bit <c>dst op= immediate</c>.</summary>
    public static Instruction Alu64(AluOperation operation, Register destination, int immediate) =>
        new(Op(operation, InstructionClass.Alu64, OperandSource.Immediate), (byte)destination, 0, 0, immediate);

    /// <summary>64-bit <c>dst op= src</c>.</summary>
    public static Instruction Alu64(AluOperation operation, Register destination, Register source) =>
        new(Op(operation, InstructionClass.Alu64, OperandSource.Register), (byte)destination, (byte)source, 0, 0);

    /// <summary>32-bit <c>w(dst) op= immediate</c>; the upper half becomes 0.</summary>
    public static Instruction Alu32(AluOperation operation, Register destination, int immediate) =>
        new(Op(operation, InstructionClass.Alu, OperandSource.Immediate), (byte)destination, 0, 0, immediate);

    /// <summary>32-bit <c>w(dst) op= w(src)</c>; the upper half becomes 0.</summary>
    public static Instruction Alu32(AluOperation operation, Register destination, Register source) =>
        new(Op(operation, InstructionClass.Alu, OperandSource.Register), (byte)destination, (byte)source, 0, 0);

    /// <summary><c>dst = -dst</c>.</summary>
    public static Instruction Negate(Register destination) => Alu64(AluOperation.Negate, destination, 0);

    /// <summary><c>w(dst) = -w(dst)</c>; the upper half becomes 0.</summary>
    public static Instruction Negate32(Register destination) => Alu32(AluOperation.Negate, destination, 0);

    /// <summary>64-bit division or modulo with sign (<paramref name="operation"/> Divide or Modulo).</summary>
    public static Instruction SignedAlu64(AluOperation operation, Register destination, int immediate) =>
        Alu64(operation, destination, immediate) with { Offset = 1 };

    /// <summary>64-bit division or modulo with sign (<paramref name="operation"/> Divide or Modulo).</summary>
    public static Instruction SignedAlu64(AluOperation operation, Register destination, Register source) =>
        Alu64(operation, destination, source) with { Offset = 1 };

    /// <summary>32-bit division or modulo with sign (<paramref name="operation"/> Divide or Modulo).</summary>
    public static Instruction SignedAlu32(AluOperation operation, Register destination, int immediate) =>
        Alu32(operation, destination, immediate) with { Offset = 1 };

    /// <summary>32-bit division or modulo with sign (<paramref name="operation"/> Divide or Modulo).</summary>
    public static Instruction SignedAlu32(AluOperation operation, Register destination, Register source) =>
        Alu32(operation, destination, source) with { Offset = 1 };

    /// <summary><c>dst = be16|be32|be64 dst</c>: host to big-endian (or back); bits above the width become 0.</summary>
    public static Instruction ToBigEndian(Register destination, int bits) =>
        new(Op(AluOperation.ByteOrder, InstructionClass.Alu, OperandSource.Register), (byte)destination, 0, 0, bits);

    /// <summary><c>dst = le16|le32|le64 dst</c>: on this little-endian machine only cuts to the width.</summary>
    public static Instruction ToLittleEndian(Register destination, int bits) =>
        new(Op(AluOperation.ByteOrder, InstructionClass.Alu, OperandSource.Immediate), (byte)destination, 0, 0, bits);

    /// <summary><c>dst = bswap16|bswap32|bswap64 dst</c>.</summary>
    public static Instruction SwapBytes(Register destination, int bits) =>
        new(Op(AluOperation.ByteOrder, InstructionClass.Alu64, OperandSource.Immediate), (byte)destination, 0, 0, bits);

    /// <summary><c>dst = *(u8|u16|u32|u64 *)(source + offset)</c>.</summary>
    public static Instruction Load(MemorySize size, Register destination, Register source, short offset) =>
        new(Op(size, MemoryMode.Memory, InstructionClass.LoadRegister), (byte)destination, (byte)source, offset, 0);

    /// <summary><c>dst = *(s8|s16|s32 *)(source + offset)</c>.</summary>
    public static Instruction LoadSignExtend(MemorySize size, Register destination, Register source, short offset) =>
        new(Op(size, MemoryMode.MemorySignExtend, InstructionClass.LoadRegister), (byte)destination, (byte)source, offset, 0);

    /// <summary><c>*(u8|u16|u32|u64 *)(destination + offset) = source</c>.</summary>
    public static Instruction Store(MemorySize size, Register destination, short offset, Register source) =>
        new(Op(size, MemoryMode.Memory, InstructionClass.StoreRegister), (byte)destination, (byte)source, offset, 0);

    /// <summary><c>*(u8|u16|u32|u64 *)(destination + offset) = immediate</c>, sign-extended to the size.</summary>
    public static Instruction StoreImmediate(MemorySize size, Register destination, short offset, int immediate) =>
        new(Op(size, MemoryMode.Memory, InstructionClass.Store), (byte)destination, 0, offset, immediate);

    /// <summary>An atomic operation on <c>*(destination + offset)</c> with <paramref name="source"/>; for <see cref="AtomicOperation.LoadAcquire"/> see <see cref="LoadAcquire"/>.</summary>
    /// <param name="size">Word or DoubleWord (any size for <see cref="AtomicOperation.StoreRelease"/>).</param>
    /// <param name="operation">The operation.</param>
    /// <param name="destination">Register with the address.</param>
    /// <param name="offset">Displacement.</param>
    /// <param name="source">Operand, and where the old value comes back to.</param>
    public static Instruction Atomic(MemorySize size, AtomicOperation operation, Register destination, short offset, Register source) =>
        new(Op(size, MemoryMode.Atomic, InstructionClass.StoreRegister), (byte)destination, (byte)source, offset, (int)operation);

    /// <summary><c>dst = load_acquire(*(source + offset))</c>.</summary>
    public static Instruction LoadAcquire(MemorySize size, Register destination, Register source, short offset) =>
        Atomic(size, AtomicOperation.LoadAcquire, destination, offset, source);

    /// <summary><c>dst = value ll</c>: lddw, two slots.</summary>
    public static Instruction LoadImmediate64(Register destination, ulong value) =>
        WideLoad(WideLoadKind.Value, destination, (int)(uint)value, (int)(uint)(value >> 32));

    /// <summary><c>dst = map</c>, the map at <paramref name="mapIndex"/> of the program's maps.</summary>
    public static Instruction LoadMap(Register destination, int mapIndex) => WideLoad(WideLoadKind.Map, destination, mapIndex, 0);

    /// <summary><c>dst = &amp;value[offset]</c> of the only entry of the array at <paramref name="mapIndex"/>.</summary>
    public static Instruction LoadMapValue(Register destination, int mapIndex, int offset) =>
        WideLoad(WideLoadKind.MapValue, destination, mapIndex, offset);

    /// <summary>lddw in any of its forms.</summary>
    public static Instruction WideLoad(WideLoadKind kind, Register destination, int immediate, int nextImmediate) =>
        new(Instruction.LoadImmediate64, (byte)destination, (byte)kind, 0, immediate, nextImmediate);

    /// <summary><c>goto +distance</c>, in slots from the next instruction.</summary>
    public static Instruction Jump(short distance) => new((byte)InstructionClass.Jump, 0, 0, distance, 0);

    /// <summary><c>gotol +distance</c>: 32-bit distance in slots from the next instruction (kernel 6.6).</summary>
    public static Instruction JumpLong(int distance) => new((byte)InstructionClass.Jump32, 0, 0, 0, distance);

    /// <summary><c>may_goto +distance</c>: taken when the loop has run too long (kernel 6.9).</summary>
    public static Instruction MayGoto(short distance) => new(Op(JumpOperation.May, InstructionClass.Jump, OperandSource.Immediate), 0, 0, distance, 0);

    /// <summary><c>if dst op immediate goto +distance</c>, 64-bit.</summary>
    public static Instruction JumpIf(JumpOperation operation, Register destination, int immediate, short distance) =>
        new(Op(operation, InstructionClass.Jump, OperandSource.Immediate), (byte)destination, 0, distance, immediate);

    /// <summary><c>if dst op src goto +distance</c>, 64-bit.</summary>
    public static Instruction JumpIf(JumpOperation operation, Register destination, Register source, short distance) =>
        new(Op(operation, InstructionClass.Jump, OperandSource.Register), (byte)destination, (byte)source, distance, 0);

    /// <summary><c>if w(dst) op immediate goto +distance</c>, 32-bit.</summary>
    public static Instruction JumpIf32(JumpOperation operation, Register destination, int immediate, short distance) =>
        new(Op(operation, InstructionClass.Jump32, OperandSource.Immediate), (byte)destination, 0, distance, immediate);

    /// <summary><c>if w(dst) op w(src) goto +distance</c>, 32-bit.</summary>
    public static Instruction JumpIf32(JumpOperation operation, Register destination, Register source, short distance) =>
        new(Op(operation, InstructionClass.Jump32, OperandSource.Register), (byte)destination, (byte)source, distance, 0);

    /// <summary>Call of helper number <paramref name="helper"/>.</summary>
    public static Instruction CallHelper(int helper) => Call(CallKind.Helper, helper);

    /// <summary>Call of the local function <paramref name="distance"/> slots after the next instruction.</summary>
    public static Instruction CallLocal(int distance) => Call(CallKind.Local, distance);

    /// <summary>Call of the kernel function at <paramref name="index"/> of the program's kernel functions.</summary>
    public static Instruction CallKernel(int index) => Call(CallKind.Kernel, index);

    /// <summary>A call in any of its forms.</summary>
    public static Instruction Call(CallKind kind, int immediate) =>
        new(Op(JumpOperation.Call, InstructionClass.Jump, OperandSource.Immediate), 0, (byte)kind, 0, immediate);

    /// <summary>Return.</summary>
    public static Instruction Exit() => new(Op(JumpOperation.Exit, InstructionClass.Jump, OperandSource.Immediate), 0, 0, 0, 0);

    private static byte Op(AluOperation operation, InstructionClass @class, OperandSource source) =>
        (byte)((byte)operation | (byte)source | (byte)@class);

    private static byte Op(JumpOperation operation, InstructionClass @class, OperandSource source) =>
        (byte)((byte)operation | (byte)source | (byte)@class);

    private static byte Op(MemorySize size, MemoryMode mode, InstructionClass @class) =>
        (byte)((byte)size | (byte)mode | (byte)@class);
}
