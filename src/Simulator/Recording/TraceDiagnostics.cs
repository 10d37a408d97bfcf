using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Recording;

/// <summary>The findings about traces, RPS6xxx: 600x reading a capture, 601x generating, 602x previewing.</summary>
public static class TraceDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition Unreadable = Error(
        "RPS6001", "The file cannot be read",
        "The system refused to open or to read the file. What was read before stands.",
        "Check the path and its permissions.");

    public static readonly DiagnosticDefinition NotPcap = Error(
        "RPS6002", "Not a pcap file",
        "The file does not begin as a capture of the classic pcap format does.",
        "Record a capture with: tcpdump -w FILE.pcap");

    public static readonly DiagnosticDefinition NotSupportedYet = Error(
        "RPS6003", "A capture of a kind that is not read yet",
        "pcapng, compressed files and old or modified forms of pcap are recognised and refused.",
        "Convert it with: tcpdump -r FILE -w FILE.pcap");

    public static readonly DiagnosticDefinition UnknownLinkType = Error(
        "RPS6004", "An unknown link type",
        "Each frame of the capture begins with a header of a kind that is not known here, so no packet can be found. Known are Ethernet (1), Linux cooked (113, 276), raw IP (12, 14, 101, 228, 229) and loopback (0, 108).",
        "Record on all interfaces, which gives a known type: tcpdump -i any -w FILE.pcap");

    public static readonly DiagnosticDefinition Truncated = Error(
        "RPS6005", "The capture ends in the middle",
        "The file ends inside a record: the recording was interrupted, or the copy is not complete. What was read before stands.",
        "Copy the file again, or use what was read.");

    public static readonly DiagnosticDefinition AbsurdLength = Error(
        "RPS6006", "A damaged record",
        "A record claims a length that no capture has (more than 262144 bytes). What follows cannot be found without it. What was read before stands.",
        "Copy or record the file again, or use what was read.");

    public static readonly DiagnosticDefinition BadOption = Error(
        "RPS6011", "A trace that cannot be generated",
        "The options of a generated trace contradict each other or their limits.",
        "Change the option that the message names.");

    public static readonly DiagnosticDefinition BothDirections = Warning(
        "RPS6021", "The trace holds both directions",
        "For some flows the trace holds the packets of both sides. Replies never reach a listening socket, so the preview counts packets that no program would see.",
        "Keep the requests only: filter by the service's destination port.");

    public static readonly DiagnosticDefinition NothingDecided = Warning(
        "RPS6022", "Nothing was decided",
        "The trace has no packet that would reach a steering program.",
        "Check the filter, and the counts of what was passed over.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        Unreadable, NotPcap, NotSupportedYet, UnknownLinkType, Truncated, AbsurdLength, BadOption, BothDirections, NothingDecided,
    ];

    private static DiagnosticDefinition Error(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Error, title, explanation, remedy);

    private static DiagnosticDefinition Warning(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Warning, title, explanation, remedy);
}
