namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Where in its context a program finds the packet. The compiled form makes use of it and trusts nothing: when a field does not hold the address of
/// <see cref="Machine.Packet"/>'s first byte, or one within it, the interpreter goes on from there.
/// </summary>
/// <param name="PacketStart">Offset of the 8 bytes with the address of the packet's first byte; -1 when there is none.</param>
/// <param name="PacketEnd">Offset of the 8 bytes with the address after the packet's last byte; -1 when there is none.</param>
public readonly record struct ContextLayout(int PacketStart, int PacketEnd)
{
    /// <summary>Nothing is known of the context.</summary>
    public static ContextLayout Unknown { get; } = new(-1, -1);

    /// <summary><c>struct sk_reuseport_md</c>: <c>data</c> and <c>data_end</c>.</summary>
    public static ContextLayout Reuseport { get; } = new(0, 8);
}
