namespace ReuseportPS.Simulator.Sockets;

/// <summary>A chain of a socket table: local address in the form of <see cref="TableAddress"/> (0 for the wildcards of both families) and port.</summary>
internal readonly record struct ChainKey(UInt128 Address, ushort Port)
{
    public override int GetHashCode() =>
        (((ulong)Address ^ (ulong)(Address >> 64) ^ ((ulong)Port << 40)) * 0x9e3779b97f4a7c15).GetHashCode();
}
