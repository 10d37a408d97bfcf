using System.Runtime.Intrinsics;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>Orders of bytes for shuffles.</summary>
internal static class LaneOrders
{
    /// <summary>Turns round each 4 bytes.</summary>
    public static Vector128<byte> Swap4 => Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);

    /// <summary>Turns round each 8 bytes.</summary>
    public static Vector128<byte> Swap8 => Vector128.Create((byte)7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}
