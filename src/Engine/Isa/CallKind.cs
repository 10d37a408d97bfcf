namespace ReuseportPS.Engine.Isa;

/// <summary>Source field of a call (RFC 9669 §4.3.2).</summary>
public enum CallKind : byte
{
    /// <summary>A helper by number.</summary>
    Helper = 0,

    /// <summary>BPF_PSEUDO_CALL: a local function; the immediate is the distance in slots from the next instruction.</summary>
    Local = 1,

    /// <summary>BPF_PSEUDO_KFUNC_CALL: a kernel function; the immediate is its index in <c>ProgramSpec.KernelFunctions</c>.</summary>
    Kernel = 2,
}
