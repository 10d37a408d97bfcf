namespace ReuseportPS.Engine.Policies;

/// <summary>What a datagram carries for a <c>by: connection-id</c>.</summary>
/// <param name="Rule">The rule that takes the datagram, from 0; -1 for otherwise.</param>
/// <param name="Id">The id, of the length that the datagram says or, in a short header, of the servers' ids; empty where it carries none that a server issued.</param>
/// <param name="IsCutOff">Whether the capture holds only a part of it.</param>
public readonly record struct CarriedConnectionId(int Rule, byte[] Id, bool IsCutOff);
