namespace ReuseportPS.Simulator.Preview;

/// <summary>What a change means for the flows of a protocol.</summary>
/// <param name="Protocol">Tcp, Quic or Udp (what is not QUIC; by long headers in the trace).</param>
/// <param name="Flows">Flows.</param>
/// <param name="Moving">Flows that would go elsewhere. Of TCP these are new connections: an established one stays with its socket.</param>
/// <param name="Uncertain">Flows of which the kernel chooses the member.</param>
/// <param name="Breaking">
/// Established flows that break: of TCP those whose slot has no member any more, of UDP and QUIC all that move, because their datagrams then reach a worker that does
/// not know them.
/// </param>
public sealed record ProtocolImpact(string Protocol, long Flows, long Moving, long Uncertain, long Breaking);
