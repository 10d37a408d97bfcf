namespace ReuseportPS.Engine.Helpers;

/// <summary>What a helper leaves in r0 (<c>enum bpf_return_type</c> with its flags).</summary>
public enum HelperResult
{
    /// <summary>A number.</summary>
    Integer,

    /// <summary>Nothing; r0 is not set.</summary>
    Void,

    /// <summary>A map value (or an inner map), or null.</summary>
    MapValueOrNull,

    /// <summary>A ring buffer record to be submitted or discarded, or null.</summary>
    RingBufferRecordOrNull,

    /// <summary>Memory of a kernel variable, read-only, or null.</summary>
    ReadOnlyVariableOrNull,

    /// <summary>Memory of a kernel variable, read-only.</summary>
    ReadOnlyVariable,

    /// <summary>A trusted kernel object.</summary>
    TrustedBtfObject,

    /// <summary>A kernel object.</summary>
    BtfObject,

    /// <summary>A kernel object, or null.</summary>
    BtfObjectOrNull,

    /// <summary>Memory inside a dynptr, or null.</summary>
    DynptrMemoryOrNull,
}
