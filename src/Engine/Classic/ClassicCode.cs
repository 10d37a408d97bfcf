namespace ReuseportPS.Engine.Classic;

/// <summary>The operations of classic BPF that a socket may have (<c>chk_code_allowed</c> in net/core/filter.c).</summary>
public enum ClassicCode : ushort
{
#pragma warning disable CS1591 // Class, size and mode, as in bpf(4): A is the accumulator, X the index, M the 16 scratch words, P the packet.
    LoadImmediate = 0x00,          // A = k
    LoadWord = 0x20,               // A = P[k:4]
    LoadHalf = 0x28,               // A = P[k:2]
    LoadByte = 0x30,               // A = P[k:1]
    LoadWordIndexed = 0x40,        // A = P[X + k:4]
    LoadHalfIndexed = 0x48,        // A = P[X + k:2]
    LoadByteIndexed = 0x50,        // A = P[X + k:1]
    LoadScratch = 0x60,            // A = M[k]
    LoadLength = 0x80,             // A = length of P
    LoadIndexImmediate = 0x01,     // X = k
    LoadIndexScratch = 0x61,       // X = M[k]
    LoadIndexLength = 0x81,        // X = length of P
    LoadIndexHeaderLength = 0xb1,  // X = 4 * (P[k:1] & 0xf)
    Store = 0x02,                  // M[k] = A
    StoreIndex = 0x03,             // M[k] = X
    AddImmediate = 0x04, AddIndex = 0x0c,
    SubtractImmediate = 0x14, SubtractIndex = 0x1c,
    MultiplyImmediate = 0x24, MultiplyIndex = 0x2c,
    DivideImmediate = 0x34, DivideIndex = 0x3c,
    OrImmediate = 0x44, OrIndex = 0x4c,
    AndImmediate = 0x54, AndIndex = 0x5c,
    ShiftLeftImmediate = 0x64, ShiftLeftIndex = 0x6c,
    ShiftRightImmediate = 0x74, ShiftRightIndex = 0x7c,
    Negate = 0x84,
    ModuloImmediate = 0x94, ModuloIndex = 0x9c,
    XorImmediate = 0xa4, XorIndex = 0xac,
    Jump = 0x05,
    JumpEqual = 0x15, JumpEqualIndex = 0x1d,
    JumpGreater = 0x25, JumpGreaterIndex = 0x2d,
    JumpGreaterOrEqual = 0x35, JumpGreaterOrEqualIndex = 0x3d,
    JumpBitsSet = 0x45, JumpBitsSetIndex = 0x4d,
    Return = 0x06,
    ReturnAccumulator = 0x16,
    AccumulatorToIndex = 0x07,
    IndexToAccumulator = 0x87,
#pragma warning restore CS1591
}
