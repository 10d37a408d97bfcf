using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Engine.Policies;

/// <summary>The findings about policies, RPS4xxx: 400x the text, 401x values, 402x and 403x what the policy means, 404x what it compiles to, 405x values again.</summary>
public static class PolicyDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NotYaml = Error(
        "RPS4001", "Not well-formed YAML",
        "The text breaks a rule of YAML itself, so it cannot be read any further. The place is where the reader gave up; the cause is there or shortly before it.",
        "Check indentation, brackets and quotes at that place; indent with spaces, not tabs.");

    public static readonly DiagnosticDefinition YamlFeature = Error(
        "RPS4002", "A YAML feature that policies do not use",
        "Anchors, aliases, merge keys, tags and further documents make a text mean something other than what it shows. A policy is one plain document.",
        "Write the value out where it is used.");

    public static readonly DiagnosticDefinition TooLarge = Error(
        "RPS4003", "The text is too large or too deep",
        "A policy text is read with limits on its size, its nesting, its number of values and the length of one value, so that no input can exhaust the memory.",
        "Shorten the text; very long address lists belong into the lists of a policy, one prefix each.");

    public static readonly DiagnosticDefinition DuplicateKey = Error(
        "RPS4004", "A key stands twice",
        "One mapping has the same key twice. YAML readers differ in which of the two they take.",
        "Remove one of them.");

    public static readonly DiagnosticDefinition UnknownKey = Error(
        "RPS4005", "An unknown key",
        "The language has no such key in this place. Keys are written in lower case, with dashes.",
        "See docs/policy-reference.md for the keys of each place.");

    public static readonly DiagnosticDefinition MissingKey = Error(
        "RPS4006", "A required key is missing",
        "Something that has no default was not given.",
        "Add the key.");

    public static readonly DiagnosticDefinition WrongType = Error(
        "RPS4007", "A value of the wrong kind",
        "A mapping, a list, a number, true or a text stands where another kind of value is expected.",
        "Write the kind of value that the message names.");

    public static readonly DiagnosticDefinition UnknownWord = Error(
        "RPS4008", "An unknown word",
        "The value must be one of a few words and is another.",
        "Use one of the words that the message names.");

    public static readonly DiagnosticDefinition UnseatedByKernel = Error(
        "RPS4009", "Members without a seat cannot be given traffic",
        "The kernel tells a program neither how many members a group has nor which of them have no seat, and a member that came after the last look at the group is in no table. " +
        "'unseated: kernel' is refused, since nothing that a program could do would give such members their share.",
        "Give them seats with Sync-ReuseportGroup, or leave a share of the flows to the kernel, which chooses among all members: a rule with 'when: { fraction: 10% }' and 'steer: { by: kernel }'.");

    public static readonly DiagnosticDefinition UnknownVersion = Error(
        "RPS4010", "An unknown version of the language",
        "The text says that it is written in a version of the policy language that this module does not read.",
        "Write version: 1, or use a newer module.");

    public static readonly DiagnosticDefinition BadNumber = Error(
        "RPS4011", "Not a valid number",
        "Numbers are decimal, without sign, quotes, leading zeros or separators, and have limits.",
        "Write a decimal number within the limits that the message names.");

    public static readonly DiagnosticDefinition BadPort = Error(
        "RPS4012", "Not a port or a range of ports",
        "A port is a number from 0 to 65535; a range is two of them, the lower first, with a dash between.",
        "Write a port such as 443, or a range such as 0-1023.");

    public static readonly DiagnosticDefinition BadSlot = Error(
        "RPS4013", "Not a slot",
        "Slots are numbers from 0 to 32767, ranges such as 0-5, or names from slots:.",
        "Write a number, a range or a name.");

    public static readonly DiagnosticDefinition BadAddress = Error(
        "RPS4014", "Not an address prefix",
        "An address is written in full (four decimal numbers, or IPv6), with or without a prefix length.",
        "Write an address such as 192.0.2.1 or a prefix such as 10.0.0.0/8 or 2001:db8::/32.");

    public static readonly DiagnosticDefinition HostBits = Error(
        "RPS4015", "A prefix with host bits set",
        "The address has bits set after the prefix, so it is unclear whether the network or the one address is meant.",
        "Clear the bits after the prefix, or leave out the prefix length.");

    public static readonly DiagnosticDefinition BadName = Error(
        "RPS4016", "Not a valid name",
        "Names of slots and lists begin with a letter and go on with letters, digits, dots, dashes and underscores, at most 64 characters; names of policies and rules are any printable text of at most 128 characters.",
        "Choose another name.");

    public static readonly DiagnosticDefinition EmptyList = Error(
        "RPS4017", "An empty list",
        "A list of values is an 'or'. An empty one holds for nothing, which is never meant.",
        "Give at least one value, or leave the key out.");

    public static readonly DiagnosticDefinition NotUsedHere = Error(
        "RPS4018", "A key that this balancer does not use",
        "The key belongs to another balancer than the one that by: names, so it would have no effect.",
        "Remove the key, or choose the balancer that uses it.");

    public static readonly DiagnosticDefinition MoreFindings = Information(
        "RPS4019", "More findings than are shown",
        "Only the first hundred findings about a policy are shown.",
        "Correct those first, then look again.");

    public static readonly DiagnosticDefinition UnknownSlotName = Error(
        "RPS4020", "An unknown slot name",
        "The policy uses a name for slots that its slots: does not define.",
        "Define the name under slots:, or use numbers.");

    public static readonly DiagnosticDefinition OverlappingSlotNames = Warning(
        "RPS4021", "Slot names overlap",
        "A slot belongs to two names. This is allowed, and often a slip in a range.",
        "Check the ranges under slots:.");

    public static readonly DiagnosticDefinition SlotTwice = Error(
        "RPS4022", "A slot is given twice",
        "The same slot stands twice in one list of slots or of weights, so its share would be unclear.",
        "Name each slot once.");

    public static readonly DiagnosticDefinition SlotBeyondGroup = Error(
        "RPS4023", "A slot that the group lacks",
        "The policy names a slot whose number is not below the group's number of slots.",
        "Use slots that the group has, or add sockets to the group.");

    public static readonly DiagnosticDefinition OneSlotWanted = Error(
        "RPS4024", "Several slots where one is wanted",
        "by: slot and on-miss: slot take one slot.",
        "Name one slot, or use by: hash with to:.");

    public static readonly DiagnosticDefinition UnknownList = Error(
        "RPS4025", "An unknown address list",
        "A match uses the name of a list that lists: does not define.",
        "Define the list under lists:, or write the prefixes.");

    public static readonly DiagnosticDefinition UnusedList = Warning(
        "RPS4026", "A list that no rule uses",
        "The list has no effect: perhaps a rule was meant to use it.",
        "Use the list in a rule, or remove it.");

    public static readonly DiagnosticDefinition DuplicateName = Error(
        "RPS4027", "A name is given twice",
        "Two rules, two slot names or two lists have the same name; counters and references could not tell them apart.",
        "Rename one of them.");

    public static readonly DiagnosticDefinition UnreachableRule = Warning(
        "RPS4028", "A rule that is never reached",
        "An earlier rule matches every packet that this one matches, and the first match wins.",
        "Move the narrower rule up, or remove it.");

    public static readonly DiagnosticDefinition Contradiction = Error(
        "RPS4029", "A match on a protocol that the policy does not cover",
        "The policy decides one protocol only and the rule wants the other, so the rule can never match.",
        "Remove the rule, or widen the policy's protocol.");

    public static readonly DiagnosticDefinition NeverMatches = Warning(
        "RPS4030", "A rule that can never match",
        "The rule wants one IP version, and addresses that are all of the other.",
        "Remove family:, or correct the addresses.");

    public static readonly DiagnosticDefinition WeightsAllZero = Error(
        "RPS4031", "No slot has a weight",
        "All weights are 0, so no slot could be chosen.",
        "Give at least one slot a weight of 1 or more.");

    public static readonly DiagnosticDefinition WeightOutsideTo = Error(
        "RPS4032", "A weight for a slot outside of to",
        "The action says which slots it chooses among, and gives a weight to another.",
        "Add the slot to to:, or remove its weight.");

    public static readonly DiagnosticDefinition SlotWithoutWeight = Warning(
        "RPS4033", "A slot without a weight",
        "The action names the slot under to: and gives it no weight; a slot without a weight gets nothing.",
        "Give the slot a weight, 0 if it is to get nothing.");

    public static readonly DiagnosticDefinition WeightOfSeveral = Information(
        "RPS4034", "A weight for several slots",
        "A name or range stands for its slots: each of them has the weight, so together they have a multiple of it.",
        "If the weight was meant for all of them together, divide it by their number.");

    public static readonly DiagnosticDefinition WeightsTooFine = Warning(
        "RPS4035", "Weights finer than the table",
        "A weight is so small beside the others that the lookup table, which has a fixed number of entries for a number of slots, gives the slot a share that is off by more than a tenth.",
        "Use weights that are closer together.");

    public static readonly DiagnosticDefinition KernelChoosesAmongAll = Warning(
        "RPS4036", "The kernel chooses among all members",
        "by: kernel passes without selecting; the kernel's own hash then chooses among all members of the group, also those to which the rest of the policy gives nothing.",
        "Use by: hash with to: to choose among some slots.");

    public static readonly DiagnosticDefinition DuplicatePrefix = Warning(
        "RPS4037", "A prefix is given twice",
        "The same prefix stands twice in a list; the second has no effect.",
        "Remove one of them.");

    public static readonly DiagnosticDefinition TooManyRules = Error(
        "RPS4040", "The program would be too large",
        "A policy may have 4000 rules, and its program 8000 tests in a row: they are made in turn for a packet, and the kernel follows at most 8192 in a row when it loads a program. A port, a range of ports or a prefix in a rule is one or more tests; a list is two, however long it is, and so are more than eight ports. Rules that follow each other and each want another value of the same field (one port, or one IPv4 prefix of the same length) are searched by halves: they are a few tests, however many they are.",
        "Put addresses into lists, and join rules that have the same action.");

    public static readonly DiagnosticDefinition ListTooLarge = Error(
        "RPS4041", "A list is too large",
        "A list of addresses may have 1,000,000 prefixes.",
        "Join neighbouring prefixes into shorter ones.");

    public static readonly DiagnosticDefinition TablesTooLarge = Error(
        "RPS4043", "The tables are too large",
        "Each balancer has tables, the larger the more slots there are (docs/policy-reference.md); together they may have 1,048,576 entries, which are held twice.",
        "Use fewer actions by weight or consistent, name fewer slots in them, or use a group with fewer slots.");

    public static readonly DiagnosticDefinition BadMatchValue = Error(
        "RPS4050", "Not a value of this match",
        "Each key of a match has values of its own form, and the message says which this one has.",
        "Write the value as the message says, or see docs/policy-reference.md.");

    public static readonly DiagnosticDefinition BadTableSize = Error(
        "RPS4051", "Not a size for a table",
        "The entries of a consistent table are filled by walks that reach all of them only when their number is a prime; and each slot needs one at least.",
        "Use a prime such as 1021, 8191, 65537 or 524287, or leave table-size out.");

    public static readonly DiagnosticDefinition ScattersFlows = Warning(
        "RPS4052", "Datagrams of one flow go to several slots",
        "The balancer does not look at the flow, so datagrams of one flow may go to different workers. Connections are decided once and stay.",
        "Add 'sticky:' to the action, choose by hash, or match 'protocol: tcp'.");

    public static readonly DiagnosticDefinition BadDuration = Error(
        "RPS4053", "Not a duration",
        "A duration is a whole number above 0 and a unit, and each key has a longest one.",
        "Write the number and one of ms, s, m, h, d: 500ms, 120s, 5m.");

    public static readonly DiagnosticDefinition BadFlowTable = Error(
        "RPS4054", "Not a flow table that there can be",
        "A flow table has 1 to 4,194,304 entries, an action of the kernel has none, and a policy has at most 32: each is a map of its program.",
        "Use one action with a flow table for several rules, or fewer entries.");

    public static readonly DiagnosticDefinition GenerationNeedsTable = Error(
        "RPS4055", "Generations of datagrams need a flow table",
        "Connections are decided once and stay where they are, so a flow table for them does nothing. Datagrams are decided one by one: without a flow table every old flow would move to the newest generation.",
        "For udp add 'sticky: { entries: 65536, idle: 120s }' to the action; for tcp leave it out.");

    public static readonly DiagnosticDefinition BadIdLayout = Error(
        "RPS4056", "Not a layout of connection ids",
        "A layout says with which bytes of an id a server names the worker: one of worker, generation with worker, modulo, cookie, prefixes or server-ids, all within the length of the ids.",
        "See docs/policy-reference.md for the layouts of common servers.");

    public static readonly DiagnosticDefinition IdsScatter = Error(
        "RPS4057", "Datagrams scatter beside a rule by connection id",
        "A rule keeps QUIC connections together by their ids, and another action of the policy sends the datagrams of one flow to several slots: the first packets of a connection would reach several workers.",
        "Choose by hash there, add 'sticky:', or match 'protocol: tcp'.");

    public static readonly DiagnosticDefinition BadSlotCount = Error(
        "RPS4042", "A group has 1 to 32768 slots",
        "The policy was to be compiled for a number of slots that no group can have.",
        "Give a number of slots from 1 to 32768.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        NotYaml, YamlFeature, TooLarge, DuplicateKey, UnknownKey, MissingKey, WrongType, UnknownWord, UnseatedByKernel,
        UnknownVersion, BadNumber, BadPort, BadSlot, BadAddress, HostBits, BadName, EmptyList, NotUsedHere, MoreFindings,
        UnknownSlotName, OverlappingSlotNames, SlotTwice, SlotBeyondGroup, OneSlotWanted, UnknownList, UnusedList,
        DuplicateName, UnreachableRule, Contradiction, NeverMatches, WeightsAllZero, WeightOutsideTo, SlotWithoutWeight,
        WeightOfSeveral, WeightsTooFine, KernelChoosesAmongAll, DuplicatePrefix, TooManyRules, ListTooLarge, BadSlotCount, TablesTooLarge,
        BadMatchValue, BadTableSize, ScattersFlows, BadDuration, BadFlowTable, GenerationNeedsTable, BadIdLayout, IdsScatter,
    ];
}
