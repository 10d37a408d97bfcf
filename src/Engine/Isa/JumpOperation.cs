namespace ReuseportPS.Engine.Isa;

/// <summary>High four bits of a jump opcode (RFC 9669 §4.3).</summary>
/// <remarks><code>
///  7 6 5 4 3 2 1 0
/// +-------+-+-----+
/// |  op   |s|class|     s: 0 immediate, 1 register
/// +-------+-+-----+
/// </code></remarks>
public enum JumpOperation : byte
{
    /// <summary>goto: 16-bit distance in class JMP, 32-bit distance (gotol) in class JMP32.</summary>
    Always = 0x00,

    /// <summary>dst == src.</summary>
    Equal = 0x10,

    /// <summary>dst &gt; src, unsigned.</summary>
    GreaterThan = 0x20,

    /// <summary>dst &gt;= src, unsigned.</summary>
    GreaterOrEqual = 0x30,

    /// <summary>(dst &amp; src) != 0.</summary>
    BitsSet = 0x40,

    /// <summary>dst != src.</summary>
    NotEqual = 0x50,

    /// <summary>dst &gt; src, signed.</summary>
    SignedGreaterThan = 0x60,

    /// <summary>dst &gt;= src, signed.</summary>
    SignedGreaterOrEqual = 0x70,

    /// <summary>Call of a helper, a local function or a kernel function.</summary>
    Call = 0x80,

    /// <summary>Return from the function, or end of the program.</summary>
    Exit = 0x90,

    /// <summary>dst &lt; src, unsigned.</summary>
    LessThan = 0xa0,

    /// <summary>dst &lt;= src, unsigned.</summary>
    LessOrEqual = 0xb0,

    /// <summary>dst &lt; src, signed.</summary>
    SignedLessThan = 0xc0,

    /// <summary>dst &lt;= src, signed.</summary>
    SignedLessOrEqual = 0xd0,

    /// <summary>may_goto: taken when a loop has run too long.</summary>
    May = 0xe0,
}
