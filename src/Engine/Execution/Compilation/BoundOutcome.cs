using System.Reflection;
using System.Runtime.InteropServices;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>How the last run of a <see cref="BoundProgram"/> ended. Generated code sets both numbers to -1 by one store.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct BoundOutcome
{
    [FieldOffset(0)]
    public long Both;

    [FieldOffset(0)]
    public int SelectedSlot;

    /// <summary>0 when the machine had a part in it, and the fault may be set.</summary>
    [FieldOffset(4)]
    public int EndedAlone;

    /// <summary>Members that generated code uses.</summary>
    internal static class Members
    {
        public static readonly FieldInfo Both = typeof(BoundOutcome).GetField(nameof(BoundOutcome.Both))!;
        public static readonly FieldInfo SelectedSlot = typeof(BoundOutcome).GetField(nameof(BoundOutcome.SelectedSlot))!;
    }
}
