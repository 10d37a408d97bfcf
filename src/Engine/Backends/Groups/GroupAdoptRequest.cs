using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A running server's sockets to adopt. At least a port or a process must be given.</summary>
/// <param name="Name">Name of the group.</param>
/// <param name="Protocol">TCP, UDP, or null for both.</param>
/// <param name="Port">Local port, or null for every port of the processes.</param>
/// <param name="Address">Local address as bound, or null for every address.</param>
/// <param name="ProcessIds">Processes one of which must hold the socket; empty means any.</param>
/// <param name="Namespace">Network namespace; null means the backend's current one.</param>
/// <param name="Force">Whether a program that is not ours, or may not be, is replaced.</param>
/// <param name="Freeze">Whether the kernel's choice among the members is kept as it is now: who joins later gets no flows.</param>
/// <param name="PinGroup">Unix group whose members may open the pins; null leaves them to their owner.</param>
/// <param name="Recover">Whether a program of this project whose pins are gone is taken up again, with its seats, and decides on until a policy is applied.</param>
public sealed record GroupAdoptRequest(
    string Name, TransportProtocol? Protocol, int? Port, IPAddress? Address, ImmutableArray<int> ProcessIds,
    INetworkNamespace? Namespace = null, bool Force = false, bool Freeze = false, uint? PinGroup = null, bool Recover = false);
