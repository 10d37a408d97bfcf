namespace ReuseportPS.Engine.Isa;

/// <summary>Immediate of an atomic instruction (RFC 9669 §5.3; acquire and release: kernel 6.15).</summary>
/// <remarks><code>
///  31 ... 8  7 6 5 4 3 2 1 0
/// +--------+-------+-----+-+
/// |  ext   |  op   |     |f|    f: the old value comes back in src (in r0 for compare-exchange)
/// +--------+-------+-----+-+
/// </code></remarks>
public enum AtomicOperation
{
    /// <summary>*(dst + off) += src.</summary>
    Add = 0x00,

    /// <summary>Add, and src becomes the old value.</summary>
    FetchAdd = 0x01,

    /// <summary>*(dst + off) |= src.</summary>
    Or = 0x40,

    /// <summary>Or, and src becomes the old value.</summary>
    FetchOr = 0x41,

    /// <summary>*(dst + off) &amp;= src.</summary>
    And = 0x50,

    /// <summary>And, and src becomes the old value.</summary>
    FetchAnd = 0x51,

    /// <summary>*(dst + off) ^= src.</summary>
    Xor = 0xa0,

    /// <summary>Xor, and src becomes the old value.</summary>
    FetchXor = 0xa1,

    /// <summary>src and memory change places.</summary>
    Exchange = 0xe1,

    /// <summary>Memory becomes src if it equals r0; r0 becomes the old value.</summary>
    CompareExchange = 0xf1,

    /// <summary>dst = *(src + off), 1 to 8 bytes, with acquire order.</summary>
    LoadAcquire = 0x100,

    /// <summary>*(dst + off) = src, 1 to 8 bytes, with release order.</summary>
    StoreRelease = 0x110,
}
