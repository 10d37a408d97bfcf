namespace ReuseportPS.Simulator.Sockets;

/// <summary>Both ends of a connection as the local socket sees them; addresses in the form of <see cref="TableAddress"/>.</summary>
internal readonly record struct FourTuple(UInt128 Local, ushort LocalPort, UInt128 Peer, ushort PeerPort)
{
    public override int GetHashCode()
    {
        ulong local = (ulong)Local ^ (ulong)(Local >> 64);
        ulong peer = (ulong)Peer ^ (ulong)(Peer >> 64);
        ulong ports = ((ulong)LocalPort << 16) | PeerPort;
        return ((((local * 0x9e3779b97f4a7c15) ^ peer) * 0x9e3779b97f4a7c15) ^ ports).GetHashCode();
    }
}
