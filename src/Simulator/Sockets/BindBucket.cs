using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The TCP sockets on one port, with the short cut that the kernel remembers: the last socket with SO_REUSEPORT whose address the one remembered
/// before did not cover. A bind that it covers is compared with nobody, even when the others cleared the flag since. (inet_bind_bucket,
/// inet_csk_update_fastreuse, sk_reuseport_match; the further short cuts of the source never take effect on 6.18, as transcripts show)
/// </summary>
internal sealed class BindBucket(ushort port)
{
    private readonly SockTable<UInt128> _owners = new();
    private bool _isShared;
    private uint _uid;
    private IpFamily _family;
    private UInt128 _address;
    private bool _v6Only;

    public ushort Port { get; } = port;

    public bool IsEmpty => _owners.IsEmpty;

    /// <summary>Taken by connect, not by bind: other connections with another peer may use it too.</summary>
    public bool ByConnect { get; init; }

    /// <summary>Whether the remembered state allows the bind without a comparison. Only the remembered side's wildcard counts.</summary>
    public bool Allows(Sock sock) =>
        _isShared && sock.ReusePort && sock.Group is null && sock.Uid == _uid && (_address == sock.Address || _address == 0) &&
        TableAddress.Overlap(_family, _address, _v6Only, sock.Family, sock.Address, sock.V6Only);

    public void Add(Sock sock)
    {
        sock.BindBucket = this;
        sock.BindNode = _owners.Add(TableAddress.ChainOf(sock.Address), sock);
        sock.Port = Port;
    }

    public void Remove(Sock sock)
    {
        _owners.Remove(TableAddress.ChainOf(sock.Address), sock.BindNode!);
        sock.BindBucket = null;
        sock.BindNode = null;
        sock.Port = 0;
    }

    /// <summary>The owners among which are all whose address overlaps that of a socket.</summary>
    public IEnumerable<Sock> Near(Sock sock)
    {
        UInt128 chain = TableAddress.ChainOf(sock.Address);
        return chain == 0 ? _owners.All : _owners.Chain(chain).Concat(_owners.Chain(0));
    }

    /// <summary>Takes note of a socket whose bind or listen was allowed.</summary>
    public void Note(Sock sock)
    {
        if (!sock.ReusePort)
        {
            _isShared = false;
        }
        else if (!Allows(sock))
        {
            _isShared = true;
            (_uid, _family, _address, _v6Only) = (sock.Uid, sock.Family, sock.Address, sock.V6Only);
        }
    }
}
