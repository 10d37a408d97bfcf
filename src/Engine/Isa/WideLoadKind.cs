namespace ReuseportPS.Engine.Isa;

/// <summary>Source field of lddw (RFC 9669 §5.4): what the 64-bit immediate is.</summary>
public enum WideLoadKind : byte
{
    /// <summary>The number itself.</summary>
    Value = 0,

    /// <summary>BPF_PSEUDO_MAP_FD: a map; the immediate is its index in <c>ProgramSpec.Maps</c>.</summary>
    Map = 1,

    /// <summary>BPF_PSEUDO_MAP_VALUE: an address inside the value of a one-entry array; the immediate is the map's index, the next immediate the offset.</summary>
    MapValue = 2,

    /// <summary>BPF_PSEUDO_BTF_ID: a kernel variable.</summary>
    BtfVariable = 3,

    /// <summary>BPF_PSEUDO_FUNC: a local function; the immediate is the distance in slots from the slot after the first.</summary>
    Function = 4,

    /// <summary>BPF_PSEUDO_MAP_IDX: a map by index of the loader's array.</summary>
    MapIndex = 5,

    /// <summary>BPF_PSEUDO_MAP_IDX_VALUE: as <see cref="MapValue"/>, by index of the loader's array.</summary>
    MapIndexValue = 6,
}
