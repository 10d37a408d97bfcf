namespace ReuseportPS.Engine.Helpers;

/// <summary>What the verifier wants of a helper's argument (<c>enum bpf_arg_type</c> with its flags).</summary>
public enum HelperArgument
{
    /// <summary>Any initialised value (ANYTHING).</summary>
    Any,

    /// <summary>A map (CONST_MAP_PTR).</summary>
    Map,

    /// <summary>Memory written by the helper, need not be initialised; the next argument is its size.</summary>
    MemoryOut,

    /// <summary>Size of the memory before it; may be 0.</summary>
    SizeOrZero,

    /// <summary>Size of the memory before it; at least 1.</summary>
    Size,

    /// <summary>Initialised memory that is read; the next argument is its size.</summary>
    MemoryIn,

    /// <summary>A key of the map before it.</summary>
    MapKey,

    /// <summary>A local function, called back.</summary>
    Function,

    /// <summary>The program's context.</summary>
    Context,

    /// <summary>A trusted kernel object.</summary>
    BtfObject,

    /// <summary>A trusted kernel object, or null.</summary>
    BtfObjectOrNull,

    /// <summary>Stack memory handed to a callback, or null.</summary>
    StackOrNull,

    /// <summary>A timer in a map value.</summary>
    TimerField,

    /// <summary>An initialised dynptr.</summary>
    DynptrIn,

    /// <summary>Initialised memory of the size of a value of the map before it.</summary>
    MapValue,

    /// <summary>Memory of the size of a value of the map before it, written by the helper.</summary>
    MapValueOut,

    /// <summary>A spin lock in a map value.</summary>
    SpinLockField,

    /// <summary>Eight aligned bytes written by the helper.</summary>
    LongOut,

    /// <summary>Size, known at load, of the memory that the helper returns.</summary>
    AllocationSize,

    /// <summary>A ring buffer record; given up by the call.</summary>
    RingBufferRecordReleased,

    /// <summary>A per-CPU kernel variable.</summary>
    PerCpuVariable,

    /// <summary>Memory of the size of a map value, or null.</summary>
    MapValueOrNull,

    /// <summary>A constant string in a read-only map.</summary>
    ConstantString,

    /// <summary>A ring buffer dynptr; given up by the call.</summary>
    RingBufferDynptrReleased,

    /// <summary>A socket of the context, or null.</summary>
    SocketOrNull,

    /// <summary>Initialised memory, read and written; the next argument is its size.</summary>
    MemoryOutInitialized,

    /// <summary>As MemoryOutInitialized, or null.</summary>
    MemoryOutInitializedOrNull,

    /// <summary>As MemoryIn, or null.</summary>
    MemoryInOrNull,

    /// <summary>A number, not a pointer.</summary>
    Scalar,

    /// <summary>A kernel pointer field of a map value.</summary>
    KernelPointerField,

    /// <summary>A kernel object or null; given up by the call.</summary>
    BtfObjectOrNullReleased,

    /// <summary>Stack of a dynptr that the helper makes over memory.</summary>
    LocalDynptrOut,

    /// <summary>Stack of a dynptr that the helper makes over a ring buffer record.</summary>
    RingBufferDynptrOut,
}
