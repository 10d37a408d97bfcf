using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Recording;

/// <summary>The findings about traces, RPS6xxx: 600x reading a capture, 601x generating, 602x previewing, 603x merging reports.</summary>
public static class TraceDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition Unreadable = new(
        "RPS6001", DiagnosticSeverity.Error, "The file cannot be read",
        "The system refused to open or to read the file. What was read before stands.",
        "Check the path and its permissions.");

    public static readonly DiagnosticDefinition NotPcap = new(
        "RPS6002", DiagnosticSeverity.Error, "Not a capture",
        "The file does not begin as a capture of the pcap or pcapng format does, nor as a table of packets.",
        "Record a capture with: tcpdump -w FILE.pcap");

    public static readonly DiagnosticDefinition NotSupportedYet = new(
        "RPS6003", DiagnosticSeverity.Error, "A capture of a kind that is not read yet",
        "Compressed files and old or modified forms of pcap and pcapng are recognised and refused.",
        "Convert it with: tcpdump -r FILE -w FILE.pcap");

    public static readonly DiagnosticDefinition UnknownLinkType = new(
        "RPS6004", DiagnosticSeverity.Error, "An unknown link type",
        "Each frame of the capture begins with a header of a kind that is not known here, so no packet can be found. Known are Ethernet (1), Linux cooked (113, 276), raw IP (12, 14, 101, 228, 229) and loopback (0, 108).",
        "Record on all interfaces, which gives a known type: tcpdump -i any -w FILE.pcap");

    public static readonly DiagnosticDefinition Truncated = new(
        "RPS6005", DiagnosticSeverity.Error, "The capture ends in the middle",
        "The file ends inside a record: the recording was interrupted, or the copy is not complete. What was read before stands.",
        "Copy the file again, or use what was read.");

    public static readonly DiagnosticDefinition AbsurdLength = new(
        "RPS6006", DiagnosticSeverity.Error, "A damaged record",
        "A record claims a length that no capture has (more than 262144 bytes), or a block of pcapng contradicts itself. What follows cannot be found without it. What was read before stands.",
        "Copy or record the file again, or use what was read.");

    public static readonly DiagnosticDefinition NotATable = new(
        "RPS6007", DiagnosticSeverity.Error, "Not a table of packets",
        "The first line of a table names its columns. protocol, source, source-port, destination and destination-port must be among them; time, flags, length, payload and cpu may be. Others are passed over.",
        "Name the columns in the first line: time,protocol,source,source-port,destination,destination-port");

    public static readonly DiagnosticDefinition BadRow = new(
        "RPS6008", DiagnosticSeverity.Warning, "A row that is no packet",
        "A row of a table of packets cannot be read. It is counted as malformed and passed over.",
        "Correct the row, or go on without it.");

    public static readonly DiagnosticDefinition BadOption = new(
        "RPS6011", DiagnosticSeverity.Error, "A trace that cannot be generated",
        "The options of a generated trace contradict each other or their limits.",
        "Change the option that the message names.");

    public static readonly DiagnosticDefinition NotAPacket = new(
        "RPS6012", DiagnosticSeverity.Error, "Not a packet",
        "What was given as one packet is none that a TCP or UDP socket could get.",
        "Give the bytes from the IP or the Ethernet header on, or the addresses and ports.");

    public static readonly DiagnosticDefinition BothDirections = new(
        "RPS6021", DiagnosticSeverity.Warning, "The trace holds both directions",
        "For some flows the trace holds the packets of both sides. Replies never reach a listening socket, so the preview counts packets that no program would see.",
        "Keep the requests only: filter by the service's destination port.");

    public static readonly DiagnosticDefinition NothingDecided = new(
        "RPS6022", DiagnosticSeverity.Warning, "Nothing was decided",
        "The trace has no packet that would reach a steering program.",
        "Check the filter, and the counts of what was passed over.");

    public static readonly DiagnosticDefinition NotAReport = new(
        "RPS6031", DiagnosticSeverity.Error, "Not a report",
        "What was given is not the JSON of a measurement.",
        "Write it with: Export-SteeringReport FILE.json");

    public static readonly DiagnosticDefinition PartsDoNotFit = new(
        "RPS6032", DiagnosticSeverity.Error, "Reports that do not fit together",
        "Reports are merged when they are of all parts of one trace, each once, by one policy for one group.",
        "Measure every part: Import-PacketTrace FILE -Partition 0 -PartitionCount 2, and so on.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        Unreadable, NotPcap, NotSupportedYet, UnknownLinkType, Truncated, AbsurdLength, NotATable, BadRow, BadOption, NotAPacket, BothDirections, NothingDecided,
        NotAReport, PartsDoNotFit,
    ];
}
