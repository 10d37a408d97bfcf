namespace ReuseportPS.Simulator.Recording;

/// <summary>What generated datagrams carry.</summary>
public enum Payloads
{
    /// <summary>Random bytes.</summary>
    Random,

    /// <summary>
    /// The shape of QUIC version 1 (RFC 9000 §17): an Initial of 1200 bytes or more with a connection id that the client chose, then packets with a short
    /// header and the connection id of 8 bytes that the server gave the flow, which a NAT does not change. Nothing is encrypted: the rest is random.
    /// </summary>
    Quic,

    /// <summary>DNS queries for addresses of random names (RFC 1035 §4).</summary>
    Dns,
}
