using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>The findings about snapshots, RPS539x.</summary>
public static class SnapshotDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NotJson = Error(
        "RPS5390", "Not a JSON document",
        "A snapshot is one JSON document (RFC 8259) in UTF-8 without comments, in which no object has a name twice. The place is where the reader gave up; the cause is there or shortly before it.",
        "Copy the file again, or write it again with Export-ReuseportSnapshot.");

    public static readonly DiagnosticDefinition UnknownVersion = Error(
        "RPS5391", "Not a snapshot of a version that is known here",
        "The document does not say that it is a snapshot (format 'reuseport-snapshot'), or it is of another version than this one reads. A version is never guessed at: a preview of what was misread would look like any other.",
        "Import it with the version of the module that wrote it, or export it again with this one.");

    public static readonly DiagnosticDefinition TooLarge = Error(
        "RPS5392", "The snapshot is too large",
        "A snapshot is read with limits, because memory is taken for what it says: 64 MiB, 16 levels, 512 kernel groups, 131072 members, and 16777216 counters (slots times CPUs) in all.",
        "Export fewer groups into one file.");

    public static readonly DiagnosticDefinition BadField = Error(
        "RPS5393", "A field that is missing, unknown or of no use",
        "Each object of a snapshot has exactly the fields that its version has, each of one type and within its range. The place is the path of the field.",
        "Export the snapshot again; do not write it by hand.");

    public static readonly DiagnosticDefinition Contradiction = Error(
        "RPS5394", "The snapshot contradicts itself",
        "Two places of the snapshot cannot both be true: two groups of one name, a cookie in two kernel groups or twice in one, a seat with a cookie that no member has, a flow that the group's end points cannot have taken.",
        "Export the snapshot again; do not write it by hand.");

    public static readonly DiagnosticDefinition BadPolicy = Error(
        "RPS5395", "A policy that cannot be read",
        "The text of a group's policy is not a policy of this version of the module.",
        "Import the snapshot with the version of the module that wrote it.");

    public static readonly DiagnosticDefinition CannotRebuild = Error(
        "RPS5396", "The simulator cannot have such a group",
        "The simulator is a Linux in memory, and refuses what Linux refuses: sockets that cannot be bound beside each other, a program where nobody listens, a policy that does not fit the slots. The group is not made, and the simulator that was there before stays.",
        "If the server of the group was down when it was exported, export again when it runs. Else leave the group out of the export.");

    public static readonly DiagnosticDefinition MaskedAddresses = Warning(
        "RPS5397", "Previews are over masked addresses",
        "The addresses of the clients were replaced when the snapshot was written. The flows stay apart, and clients of one prefix stay in one prefix, but a policy hashes other addresses than before, and its rules for source addresses match others: which flow goes where, and how many match such a rule, is not what it was on the host. Shares over many clients, and rules that do not look at the source, are comparable.",
        "Export without -MaskAddress where the preview must be the host's own.");

    public static readonly DiagnosticDefinition ProgramLeftOut = Warning(
        "RPS5398", "A program in the place of a policy is not in the snapshot",
        "The group was steered by a program, not by a policy. A snapshot names it and does not have its code, so the group is made without it, as one whose flows the kernel spreads. Previews of a policy are the same, for they compare with the kernel's choice in both cases.",
        "Carry the program over with Export-SteeringProgram, and apply it with Set-SteeringPolicy -Program.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        NotJson, UnknownVersion, TooLarge, BadField, Contradiction, BadPolicy, CannotRebuild, MaskedAddresses, ProgramLeftOut,
    ];
}
