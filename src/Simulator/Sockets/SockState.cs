namespace ReuseportPS.Simulator.Sockets;

/// <summary>States of a socket that matter here, by the kernel's numbers (<c>TCP_*</c>, used for UDP too).</summary>
internal enum SockState
{
    Established = 1,
    TimeWait = 6,
    Close = 7,
    Listen = 10,

    /// <summary>A request: the handshake's last segment is awaited.</summary>
    NewSynReceived = 12,
}
