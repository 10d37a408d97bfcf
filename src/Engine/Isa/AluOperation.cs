namespace ReuseportPS.Engine.Isa;

/// <summary>High four bits of an arithmetic opcode (RFC 9669 §4.1).</summary>
/// <remarks><code>
///  7 6 5 4 3 2 1 0
/// +-------+-+-----+
/// |  op   |s|class|     s: 0 immediate, 1 register; offset 1 makes div and mod signed,
/// +-------+-+-----+     offset 8, 16, 32 makes mov sign-extend
/// </code></remarks>
public enum AluOperation : byte
{
    /// <summary>dst += src.</summary>
    Add = 0x00,

    /// <summary>dst -= src.</summary>
    Subtract = 0x10,

    /// <summary>dst *= src.</summary>
    Multiply = 0x20,

    /// <summary>dst /= src; 0 when src is 0.</summary>
    Divide = 0x30,

    /// <summary>dst |= src.</summary>
    Or = 0x40,

    /// <summary>dst &amp;= src.</summary>
    And = 0x50,

    /// <summary>dst &lt;&lt;= src, modulo the width.</summary>
    ShiftLeft = 0x60,

    /// <summary>dst &gt;&gt;= src without sign, modulo the width.</summary>
    ShiftRight = 0x70,

    /// <summary>dst = -dst.</summary>
    Negate = 0x80,

    /// <summary>dst %= src; unchanged when src is 0.</summary>
    Modulo = 0x90,

    /// <summary>dst ^= src.</summary>
    Xor = 0xa0,

    /// <summary>dst = src.</summary>
    Move = 0xb0,

    /// <summary>dst &gt;&gt;= src with sign, modulo the width.</summary>
    ArithmeticShiftRight = 0xc0,

    /// <summary>Byte order: to little or big endian in class ALU, unconditional swap in class ALU64; the immediate is the width.</summary>
    ByteOrder = 0xd0,
}
