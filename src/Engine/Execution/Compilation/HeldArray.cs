using System.Runtime.InteropServices;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>An array that stays where it is as long as this lives.</summary>
internal sealed class HeldArray : SafeHandle
{
    private GCHandle _array;

    public HeldArray(byte[] bytes)
        : base(0, ownsHandle: true)
    {
        _array = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        SetHandle(_array.AddrOfPinnedObject());
    }

    /// <summary>Address of the first byte.</summary>
    public nint Address => handle;

    public override bool IsInvalid => !_array.IsAllocated;

    protected override bool ReleaseHandle()
    {
        _array.Free();
        return true;
    }
}
