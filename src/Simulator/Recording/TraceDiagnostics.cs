using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Recording;

/// <summary>The findings about traces, <c>RPS6xxx</c>.</summary>
internal static class TraceDiagnostics
{
    public static Diagnostic Unreadable(string name, long offset, string reason) => Diagnostic.Error(
        "RPS6001", $"'{name}' cannot be read: {reason}", new SourceLocation(name, Offset: offset), "Check the path and its permissions.");

    public static Diagnostic NotPcap(string name, string what, string? remedy = null) => Diagnostic.Error(
        "RPS6002",
        $"'{name}' is not a pcap file: {what}.",
        new SourceLocation(name, Offset: 0),
        remedy ?? "Record one with: tcpdump -w FILE.pcap");

    public static Diagnostic NotSupported(string name, long offset, string what, string remedy) => Diagnostic.Error(
        "RPS6003", $"'{name}' is {what}, which is not supported yet.", new SourceLocation(name, Offset: offset), remedy);

    public static Diagnostic UnknownLinkType(string name, int linkType) => Diagnostic.Error(
        "RPS6004",
        $"'{name}' holds frames of link type {linkType}, which is not known here; no packet was read.",
        new SourceLocation(name, Offset: 20),
        "Known are Ethernet (1), Linux cooked (113, 276), raw IP (12, 14, 101, 228, 229) and loopback (0, 108). Record with: tcpdump -i any");

    public static Diagnostic Truncated(string name, long offset, string what, long records) => Diagnostic.Error(
        "RPS6005",
        $"'{name}' ends inside {what}; the {Records(records)} before it were read.",
        new SourceLocation(name, Offset: offset),
        "The recording was interrupted, or the copy is not complete.");

    public static Diagnostic AbsurdLength(string name, long offset, uint length, int largest, long records) => Diagnostic.Error(
        "RPS6006",
        $"'{name}' is damaged: a record claims {length} bytes, and the largest possible is {largest}; the {Records(records)} before it were read.",
        new SourceLocation(name, Offset: offset),
        "What follows cannot be found without its length. Record or copy the file again.");

    public static Diagnostic BadOption(string option, string message, string remedy) => Diagnostic.Error(
        "RPS6007", $"{option}: {message}", new SourceLocation(option), remedy);

    private static string Records(long count) => count == 1 ? "1 record" : $"{count} records";
}
