using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Binding;

/// <summary>One packet as a user gives it: bytes, from the IP or the Ethernet header on.</summary>
internal static class PacketInput
{
    /// <summary>A packet from its network header on, or from an Ethernet header on.</summary>
    /// <exception cref="DiagnosticException">RPS6012: the kernel would not look for a socket.</exception>
    public static Packet Read(byte[] frame)
    {
        ParseOutcome outcome = PacketParser.Parse(LinkType.Raw, frame, frame.Length, out Packet packet);
        if (outcome != ParseOutcome.Packet && PacketParser.Parse(LinkType.Ethernet, frame, frame.Length, out Packet behindEthernet) == ParseOutcome.Packet)
        {
            (outcome, packet) = (ParseOutcome.Packet, behindEthernet);
        }

        return outcome == ParseOutcome.Packet
            ? packet
            : throw new DiagnosticException(TraceDiagnostics.NotAPacket.At(null, $"The {frame.Length} bytes are no TCP or UDP packet: {Describe(outcome)}."));
    }

    private static string Describe(ParseOutcome outcome) => outcome switch
    {
        ParseOutcome.Fragment => "they are an IP fragment, and the rest of the datagram is not there",
        ParseOutcome.OtherProtocol => "they carry another protocol",
        _ => "headers contradict themselves or are cut short",
    };
}
