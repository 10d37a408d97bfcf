using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The TCP sockets on one port, with the short cut that the kernel remembers about them: while it says that all may share the port, a
/// bind is not compared with each of them. (inet_bind_bucket, inet_csk_update_fastreuse, sk_reuseport_match)
/// </summary>
internal sealed class BindBucket(ushort port)
{
    private enum SharedBy
    {
        Nothing,

        /// <summary>Every socket so far has the flag: the address need not be looked at.</summary>
        AnyAddress,

        /// <summary>The flag, and an address that overlaps the remembered one.</summary>
        OverlappingAddress,
    }

    private bool _allReuseAddress;
    private SharedBy _sharedBy;
    private uint _uid;
    private IpFamily _family;
    private UInt128 _address;
    private bool _v6Only;

    public ushort Port { get; } = port;

    public LinkedList<Sock> Owners { get; } = new();

    /// <summary>Taken by connect, not by bind: other connections with another peer may use it too.</summary>
    public bool ByConnect { get; init; }

    /// <summary>Whether the remembered state allows the bind without a comparison.</summary>
    public bool Allows(Sock sock) =>
        Owners.Count > 0 && ((_allReuseAddress && sock.ReuseAddress && sock.State != SockState.Listen) || MatchesReuseport(sock));

    /// <summary>Takes note of a socket whose bind or listen was allowed.</summary>
    public void Note(Sock sock)
    {
        bool reuseAddress = sock.ReuseAddress && sock.State != SockState.Listen;
        if (Owners.Count == 0)
        {
            _allReuseAddress = reuseAddress;
            Remember(sock, sock.ReusePort ? SharedBy.AnyAddress : SharedBy.Nothing);
            return;
        }

        _allReuseAddress &= reuseAddress;
        if (!sock.ReusePort)
        {
            _sharedBy = SharedBy.Nothing;
        }
        else if (!MatchesReuseport(sock))
        {
            Remember(sock, SharedBy.OverlappingAddress);
        }
    }

    private void Remember(Sock sock, SharedBy sharedBy)
    {
        _sharedBy = sharedBy;
        if (sharedBy != SharedBy.Nothing)
        {
            (_uid, _family, _address, _v6Only) = (sock.Uid, sock.Family, sock.Address, sock.V6Only);
        }
    }

    private bool MatchesReuseport(Sock sock)
    {
        if (_sharedBy == SharedBy.Nothing || !sock.ReusePort || sock.Group is not null || sock.Uid != _uid)
        {
            return false;
        }

        // Only the remembered side's wildcard counts: it was there first and passed the whole comparison.
        return _sharedBy == SharedBy.AnyAddress ||
            ((_address == sock.Address || _address == 0) &&
             TableAddress.Overlap(_family, _address, _v6Only, sock.Family, sock.Address, sock.V6Only));
    }
}
