using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>The kinds of values that actions have.</summary>
internal static class FieldKinds
{
    private const string NamePattern = "^[A-Za-z][A-Za-z0-9_-]*$";

    /// <summary>true or false.</summary>
    public static FieldKind Switch { get; } = new("true or false", (context, node, what) => ReadSwitch(context, node, what), () => new JsonObject { ["type"] = "boolean" });

    /// <summary>A text.</summary>
    public static FieldKind Text { get; } = new("a text", (context, node, what) => context.Findings.Expect<DocumentScalar>(node, what, "a text")?.Text, () => Types("string", "number"));

    /// <summary>A text, or bytes in hexadecimal after 0x.</summary>
    public static FieldKind Bytes { get; } = new("a text, or bytes such as 0x01ff", (context, node, what) => ReadBytes(context, node, what), () => Types("string", "number"));

    /// <summary>A number from -2^63 to 2^64-1, decimal or hexadecimal.</summary>
    public static FieldKind Number { get; } = new("a number", (context, node, what) => ReadNumber(context, node, what), NumberSchema);

    /// <summary>One number or several.</summary>
    public static FieldKind Numbers { get; } = new("a number or a list of numbers", (context, node, what) => ReadNumbers(context, node, what), () => OneOrMany(NumberSchema()));

    /// <summary>An address and a port.</summary>
    public static FieldKind EndPoint { get; } = new("an end point such as 127.0.0.1:53 or [::1]:53", (context, node, what) => ReadEndPoint(context, node, what), () => Pattern(@"^.+:[0-9]{1,5}$"));

    /// <summary>A protocol, an address and a port.</summary>
    public static FieldKind Service { get; } = new("a service such as udp 127.0.0.1:53 or tcp [::]:80", (context, node, what) => ReadService(context, node, what), () => Pattern(@"^(tcp|udp) .+:[0-9]{1,5}$"));

    /// <summary>A name that is given here; where the step is refused it is given to nothing.</summary>
    public static FieldKind New(NameKind kind) => new($"a new name of a {kind.ToString().ToLowerInvariant()}", (context, node, what) => Declare(context, node, what, kind), () => Pattern(NamePattern));

    /// <summary>One new name or several.</summary>
    public static FieldKind NewList(NameKind kind) => new(
        "one new name or a list of them", (context, node, what) => ReadList(context, node, what, (item, name) => Declare(context, item, name, kind)), () => OneOrMany(Pattern(NamePattern)));

    /// <summary>The name of something that a step before made.</summary>
    public static FieldKind Known(params ImmutableArray<NameKind> kinds) => new(
        $"the name of a {string.Join(" or ", kinds.Select(kind => kind.ToString().ToLowerInvariant()))}", (context, node, what) => Refer(context, node, what, kinds), () => Pattern(NamePattern));

    /// <summary>One such name or several.</summary>
    public static FieldKind KnownList(NameKind kind) => new(
        "one name or a list of them", (context, node, what) => ReadList(context, node, what, (item, name) => Refer(context, item, name, [kind])), () => OneOrMany(Pattern(NamePattern)));

    /// <summary>Sockets in order, some of them <c>empty</c>.</summary>
    public static FieldKind Seats { get; } = new(
        "a list of sockets and of 'empty'", (context, node, what) => ReadList(context, node, what, (item, name) => IsWord(item, "empty") ? "empty" : Refer(context, item, name, [NameKind.Socket])),
        () => OneOrMany(Pattern(NamePattern)));

    /// <summary>One of a few words.</summary>
    public static FieldKind Word(params ImmutableArray<string> words) => new(
        $"one of {FindingLog.Quote(words)}", (context, node, what) => ReadWord(context, node, what, words), () => new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) });

    /// <summary>Several of a few words, or a number.</summary>
    public static FieldKind Flags(ImmutableArray<(string Word, long Value)> words) => new(
        $"a number, or some of {FindingLog.Quote(words.Select(word => word.Word))}", (context, node, what) => ReadFlags(context, node, what, words),
        () => OneOrMany(new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word.Word)]) }, NumberSchema()) }));

    /// <summary>Numbers or ranges by name.</summary>
    public static FieldKind Shares(NameKind? kind) => new(
        "a mapping of names to numbers or ranges such as 40..60", (context, node, what) => ReadShares(context, node, what, kind), SharesSchema);

    /// <summary>Where flows must arrive.</summary>
    public static FieldKind Arrivals { get; } = new(
        "a socket, a list of them, 'refused', 'lost', or a mapping of these to numbers or ranges", (context, node, what) => ReadArrivals(context, node, what),
        () => new JsonObject { ["anyOf"] = new JsonArray(OneOrMany(Pattern(NamePattern)), SharesSchema()) });

    /// <summary>A policy, as in a policy file.</summary>
    public static FieldKind Policy { get; } = new("a policy", (context, node, what) => context.Findings.Expect<DocumentMap>(node, what, "a policy"), () => new JsonObject { ["type"] = "object" });

    private static bool? ReadSwitch(FieldContext context, DocumentNode node, string what)
    {
        switch (node)
        {
            case DocumentScalar { IsQuoted: false, Text: "true" }:
                return true;
            case DocumentScalar { IsQuoted: false, Text: "false" }:
                return false;
            default:
                context.Findings.WrongType(node, what, "true or false");
                return null;
        }
    }

    private static ImmutableArray<byte>? ReadBytes(FieldContext context, DocumentNode node, string what)
    {
        if (context.Findings.Expect<DocumentScalar>(node, what, "a text") is not { } scalar)
        {
            return null;
        }

        if (scalar.IsQuoted || !scalar.Text.StartsWith("0x", StringComparison.Ordinal))
        {
            return ImmutableArray.Create(Encoding.UTF8.GetBytes(scalar.Text));
        }

        string digits = scalar.Text[2..];
        if (digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit))
        {
            return ImmutableArray.Create(Convert.FromHexString(digits));
        }

        context.Findings.Report(ScenarioDiagnostics.BadValue, node, $"{what} is {scalar.Kind}: two hexadecimal digits make a byte.", "Write whole bytes, or put the text in quotes.");
        return null;
    }

    private static long? ReadNumber(FieldContext context, DocumentNode node, string what)
    {
        if (node is not DocumentScalar { IsQuoted: false, IsNull: false } scalar)
        {
            context.Findings.WrongType(node, what, "a number", node is DocumentScalar { IsQuoted: true } ? "Remove the quotes." : null);
            return null;
        }

        if (TryParseNumber(scalar.Text, out long value))
        {
            return value;
        }

        context.Findings.Report(ScenarioDiagnostics.BadValue, node, $"{what} is {scalar.Kind}; expected a number.", "Write it in decimal, or in hexadecimal after 0x; it has at most 64 bits.");
        return null;
    }

    private static bool TryParseNumber(string text, out long value)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            bool good = ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits);
            value = unchecked((long)bits);
            return good;
        }

        bool isUnsigned = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong large);
        value = unchecked((long)large);
        return isUnsigned || long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static ImmutableArray<long>? ReadNumbers(FieldContext context, DocumentNode node, string what)
    {
        DocumentNode[] items = node is DocumentList list ? [.. list.Items] : [node];
        long?[] numbers = [.. items.Select(item => ReadNumber(context, item, what))];
        return numbers.Contains(null) ? null : numbers.Select(number => number!.Value).ToImmutableArray();
    }

    private static IPEndPoint? ReadEndPoint(FieldContext context, DocumentNode node, string what, string? text = null)
    {
        text ??= (node as DocumentScalar)?.Text ?? "";
        if (text.LastIndexOf(':') is int colon and > 0 && IPEndPoint.TryParse(text, out IPEndPoint? endPoint)
            && (text[0] == '[') == (endPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) && (text[0] != '[' || text[colon - 1] == ']'))
        {
            return endPoint;
        }

        context.Findings.Report(ScenarioDiagnostics.BadValue, node, $"{what} is {node.Kind}; expected an address and a port.", "Write it as 127.0.0.1:53, 0.0.0.0:53 or [::1]:53.");
        return null;
    }

    private static ServiceEndPoint? ReadService(FieldContext context, DocumentNode node, string what)
    {
        string text = (node as DocumentScalar)?.Text ?? "";
        if (text.StartsWith("tcp ", StringComparison.Ordinal) || text.StartsWith("udp ", StringComparison.Ordinal))
        {
            return ReadEndPoint(context, node, what, text[4..]) is { } endPoint ? new ServiceEndPoint(text[0] == 't' ? TransportProtocol.Tcp : TransportProtocol.Udp, endPoint) : null;
        }

        context.Findings.Report(ScenarioDiagnostics.BadValue, node, $"{what} is {node.Kind}; expected a protocol, an address and a port.", "Write it as udp 127.0.0.1:53 or tcp [::1]:80.");
        return null;
    }

    private static string? ReadName(FieldContext context, DocumentNode node, string what)
    {
        if (context.Findings.Expect<DocumentScalar>(node, what, "a name") is not { } scalar)
        {
            return null;
        }

        if (scalar.Text.Length is > 0 and <= 64 && char.IsAsciiLetter(scalar.Text[0]) && scalar.Text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            && scalar.Text is not ("empty" or ArrivalExpectation.Refused or ArrivalExpectation.Lost))
        {
            return scalar.Text;
        }

        context.Findings.Report(
            ScenarioDiagnostics.BadValue, node, $"{what} is {scalar.Kind}, which is no name.",
            "Begin with a letter and go on with letters, digits, dashes and underscores; 'empty', 'refused' and 'lost' have a meaning of their own.");
        return null;
    }

    private static string? Declare(FieldContext context, DocumentNode node, string what, NameKind kind)
    {
        string? name = ReadName(context, node, what);
        if (name is not null && !context.MayBeRefused)
        {
            context.Names.Declare(node, name, kind);
        }

        return name;
    }

    private static string? Refer(FieldContext context, DocumentNode node, string what, ImmutableArray<NameKind> kinds)
    {
        string? name = ReadName(context, node, what);
        if (name is not null)
        {
            context.Names.Refer(node, name, kinds.AsSpan());
        }

        return name;
    }

    private static ImmutableArray<string>? ReadList(FieldContext context, DocumentNode node, string what, Func<DocumentNode, string, string?> read)
    {
        ImmutableArray<string?> items = [.. (node is DocumentList list ? list.Items : [node]).Select(item => read(item, what))];
        if (items.IsEmpty)
        {
            context.Findings.Report(ScenarioDiagnostics.BadValue, node, $"{what} is an empty list.", "Name at least one.");
            return null;
        }

        return items.Contains(null) ? null : items.Select(item => item!).ToImmutableArray();
    }

    private static string? ReadWord(FieldContext context, DocumentNode node, string what, ImmutableArray<string> words)
    {
        if (node is DocumentScalar scalar && words.Contains(scalar.Text))
        {
            return scalar.Text;
        }

        context.Findings.UnknownWord(node, what, words);
        return null;
    }

    private static long? ReadFlags(FieldContext context, DocumentNode node, string what, ImmutableArray<(string Word, long Value)> words)
    {
        long flags = 0;
        foreach (DocumentNode item in node is DocumentList list ? list.Items : [node])
        {
            string text = (item as DocumentScalar)?.Text ?? "";
            (string Word, long Value) known = words.FirstOrDefault(word => word.Word == text);
            if (known.Word is null && !TryParseNumber(text, out known.Value))
            {
                context.Findings.UnknownWord(item, what, words.Select(word => word.Word));
                return null;
            }

            flags |= known.Value;
        }

        return flags;
    }

    private static ImmutableArray<Share>? ReadShares(FieldContext context, DocumentNode node, string what, NameKind? kind)
    {
        if (context.Findings.Entries(node, what) is not { } entries)
        {
            return null;
        }

        List<Share> shares = [];
        foreach ((DocumentScalar key, DocumentNode value) in entries)
        {
            bool isWord = kind is null || (kind == NameKind.Socket && key.Text is ArrivalExpectation.Refused or ArrivalExpectation.Lost);
            string? name = isWord ? key.Text : Refer(context, key, what, [kind!.Value]);
            if (name is null || ReadRange(context, value, $"'{key.Text}' of {what}") is not (long least, long most))
            {
                return null;
            }

            shares.Add(new Share(name, least, most));
        }

        return shares.ToImmutableArray();
    }

    private static (long Least, long Most)? ReadRange(FieldContext context, DocumentNode node, string what)
    {
        string text = (node as DocumentScalar)?.Text ?? "";
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        string first = dots < 0 ? text : text[..dots];
        string last = dots < 0 ? text : text[(dots + 2)..];
        if (TryParseNumber(first, out long least) && TryParseNumber(last, out long most) && least <= most)
        {
            return (least, most);
        }

        context.Findings.Report(ScenarioDiagnostics.BadValue, node, $"{what} is {node.Kind}; expected a number or a range.", "Write it as 50 or 40..60.");
        return null;
    }

    private static ArrivalExpectation? ReadArrivals(FieldContext context, DocumentNode node, string what)
    {
        if (node is DocumentMap)
        {
            return ReadShares(context, node, what, NameKind.Socket) is ImmutableArray<Share> shares ? new ArrivalExpectation([], shares) : null;
        }

        return ReadList(context, node, what, (item, name) => IsWord(item, ArrivalExpectation.Refused) || IsWord(item, ArrivalExpectation.Lost)
            ? ((DocumentScalar)item).Text
            : Refer(context, item, name, [NameKind.Socket])) is ImmutableArray<string> names ? new ArrivalExpectation(names, []) : null;
    }

    private static bool IsWord(DocumentNode node, string word) => node is DocumentScalar scalar && scalar.Text == word;

    private static JsonObject Types(params string[] types) => new() { ["type"] = new JsonArray([.. types.Select(type => (JsonNode)type)]) };

    private static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject NumberSchema() =>
        new() { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, Pattern("^(0x[0-9A-Fa-f]+|-?[0-9]+)$")) };

    private static JsonObject OneOrMany(JsonObject item) => new()
    {
        ["anyOf"] = new JsonArray(item, new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["anyOf"] = new JsonArray(item.DeepClone(), Reference()) } }),
    };

    private static JsonObject SharesSchema() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, Pattern(@"^-?[0-9]+(\.\.-?[0-9]+)?$"), Reference()),
        },
    };

    /// <summary>The schema of a value that has a parameter in it.</summary>
    public static JsonObject Reference() => new() { ["$ref"] = "#/$defs/parameter" };
}
