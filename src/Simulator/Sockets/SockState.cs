namespace ReuseportPS.Simulator.Sockets;

/// <summary>States of a socket that matter here, by the kernel's numbers (<c>TCP_*</c>, used for UDP too).</summary>
internal enum SockState
{
    Established = 1,
    Close = 7,
    Listen = 10,
}
