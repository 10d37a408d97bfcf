using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>The findings about scenarios, RPS7xxx: 700x the text, 701x what it refers to.</summary>
public static class ScenarioDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NotYaml = Error(
        "RPS7001", "Not well-formed YAML",
        "The text breaks a rule of YAML itself, so it cannot be read any further. The place is where the reader gave up; the cause is there or shortly before it.",
        "Check indentation, brackets and quotes at that place; indent with spaces, not tabs.");

    public static readonly DiagnosticDefinition YamlFeature = Error(
        "RPS7002", "A YAML feature that scenarios do not use",
        "Anchors, aliases, merge keys, tags and further documents make a text mean something other than what it shows. A scenario is one plain document.",
        "Use 'values' and $(name) for what is written more than once.");

    public static readonly DiagnosticDefinition TooLarge = Error(
        "RPS7003", "The scenario is too large",
        "A text is read with limits on its size, its nesting and the length of one value, and its parameters may give at most 10,000 cases and 1,200,000 values in all.",
        "Split the scenario, or take values out of 'matrix'.");

    public static readonly DiagnosticDefinition DuplicateKey = Error(
        "RPS7004", "A key stands twice",
        "One mapping has the same key twice. YAML readers differ in which of the two they take.",
        "Remove one of them.");

    public static readonly DiagnosticDefinition UnknownKey = Error(
        "RPS7005", "An unknown key",
        "The language has no such key in this place. Keys are written in lower case, with dashes.",
        "See docs/scenarios.md for the keys of each step.");

    public static readonly DiagnosticDefinition MissingKey = Error(
        "RPS7006", "A required key is missing",
        "Something that has no default was not given.",
        "Add the key.");

    public static readonly DiagnosticDefinition WrongType = Error(
        "RPS7007", "A value of the wrong kind",
        "A mapping, a list, a number or a text stands where another kind of value is expected.",
        "Write the kind of value that the message names.");

    public static readonly DiagnosticDefinition UnknownWord = Error(
        "RPS7008", "An unknown word",
        "The value must be one of a few words and is another.",
        "Use one of the words that the message names.");

    public static readonly DiagnosticDefinition BadValue = Error(
        "RPS7009", "A value that cannot be read",
        "A number, an address, an end point or a range is not well-formed or out of its range.",
        "Write it as the message says.");

    public static readonly DiagnosticDefinition UnknownVersion = Error(
        "RPS7010", "An unknown version of the language",
        "The text says that it is written in a version of the scenario language that this module does not read.",
        "Write version: 1, or use a newer module.");

    public static readonly DiagnosticDefinition UnknownParameter = Error(
        "RPS7011", "An unknown parameter",
        "A value refers with $(name) to something that is in none of 'values', 'matrix' and 'cases', refers to itself, or cannot stand inside a text.",
        "Add the parameter, or write $$( for the characters themselves.");

    public static readonly DiagnosticDefinition UnknownName = Error(
        "RPS7012", "A name that no step before has made",
        "A step refers to a socket, connection, map, program or process that no step before it makes.",
        "Correct the name, or make it in a step before.");

    public static readonly DiagnosticDefinition NameTaken = Error(
        "RPS7013", "A name that is taken",
        "Two steps make things of different kinds with the same name, such as a socket and a map, so that a step after them could mean either.",
        "Use another name.");

    public static readonly DiagnosticDefinition OneAction = Error(
        "RPS7014", "Not one action",
        "Each step has exactly one action, such as 'open' or 'flows', and beside it only 'errno' and 'note'.",
        "Make a step of each action.");

    public static readonly DiagnosticDefinition BadProgram = Error(
        "RPS7015", "A program that cannot be read",
        "The program's text, classic program, object file or policy has errors, or a step gives none or several of them.",
        "Correct it; the message repeats the first finding about it.");

    public static readonly DiagnosticDefinition NoFile = Error(
        "RPS7016", "A file that cannot be read",
        "A step names a file that is not there or cannot be read. Names are relative to the folder of the scenario.",
        "Correct the name.");

    public static readonly DiagnosticDefinition NotRefusable = Error(
        "RPS7017", "An error that cannot come",
        "'errno' stands on a step that only looks; nothing there can be refused.",
        "Remove 'errno', or put it on the step that is refused.");

    public static readonly DiagnosticDefinition MoreFindings = Information(
        "RPS7099", "More findings than are shown",
        "Only the first hundred findings about a scenario are shown.",
        "Correct those first, then look again.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        NotYaml, YamlFeature, TooLarge, DuplicateKey, UnknownKey, MissingKey, WrongType, UnknownWord, BadValue, UnknownVersion, UnknownParameter, UnknownName, NameTaken,
        OneAction, BadProgram, NoFile, NotRefusable, MoreFindings,
    ];
}
