using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>A value of the document with its path, for findings: <c>groups[0].slots[3].state</c>. What is not as it must be is thrown as a DiagnosticException.</summary>
internal readonly record struct SnapshotNode(JsonElement Element, string Path, string? Source)
{
    /// <summary>The fields of an object that has exactly these.</summary>
    public SnapshotNode[] Fields(params ReadOnlySpan<string> names)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Bad("must be an object");
        }

        SnapshotNode[] fields = new SnapshotNode[names.Length];
        for (int index = 0; index < names.Length; index++)
        {
            string path = Path.Length == 0 ? names[index] : $"{Path}.{names[index]}";
            fields[index] = Element.TryGetProperty(names[index], out JsonElement value) ? new SnapshotNode(value, path, Source) : throw Bad($"has no '{names[index]}'");
        }

        return Element.GetPropertyCount() == names.Length ? fields : throw Bad($"has fields that version {HostSnapshot.CurrentVersion} does not know; it has {string.Join(", ", names.ToArray())}");
    }

    /// <summary>The items of a list.</summary>
    public ImmutableArray<T> List<T>(int most, Func<SnapshotNode, T> read)
    {
        if (Element.ValueKind != JsonValueKind.Array)
        {
            throw Bad("must be a list");
        }

        int length = Element.GetArrayLength();
        if (length > most)
        {
            throw Fail(SnapshotDiagnostics.TooLarge, string.Create(CultureInfo.InvariantCulture, $"has {length} items, and may have {most}"));
        }

        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(length);
        foreach (JsonElement item in Element.EnumerateArray())
        {
            items.Add(read(this with { Element = item, Path = string.Create(CultureInfo.InvariantCulture, $"{Path}[{items.Count}]") }));
        }

        return items.MoveToImmutable();
    }

    /// <summary>A text.</summary>
    public string Text(int longest = SnapshotLimits.TextLength)
    {
        string? text;
        try
        {
            text = Element.ValueKind == JsonValueKind.String ? Element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or bytes that are not UTF-8.
            text = null;
        }

        return text is null ? throw Bad("must be a text")
            : text.Length > longest ? throw Fail(SnapshotDiagnostics.TooLarge, string.Create(CultureInfo.InvariantCulture, $"has {text.Length} characters, and may have {longest}"))
            : text;
    }

    /// <summary>A text, or null.</summary>
    public string? TextOrNull(int longest = SnapshotLimits.TextLength) => Element.ValueKind == JsonValueKind.Null ? null : Text(longest);

    /// <summary>A whole number within a range.</summary>
    public ulong Number(ulong least, ulong most) =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetUInt64(out ulong number) && number >= least && number <= most
            ? number
            : throw Bad(string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}"));

    /// <summary>A whole number within a range.</summary>
    public int Number(int least, int most) => (int)Number((ulong)least, (ulong)most);

    /// <summary>A whole number up to a limit, or null.</summary>
    public ulong? NumberOrNull(ulong most) => Element.ValueKind == JsonValueKind.Null ? null : Number(0UL, most);

    /// <summary>True or false.</summary>
    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Bad("must be true or false"),
    };

    /// <summary>A word of an enumeration.</summary>
    public T Word<T>()
        where T : struct, Enum
    {
        string text = Text();
        return Enum.GetNames<T>().Contains(text, StringComparer.Ordinal) ? Enum.Parse<T>(text) : throw Bad($"must be {string.Join(" or ", Enum.GetNames<T>())}");
    }

    /// <summary>An address.</summary>
    public IPAddress Address()
    {
        string text = Text();
        return IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
            ? address
            : throw Bad("must be an IP address");
    }

    /// <summary>A finding about its form.</summary>
    public DiagnosticException Bad(string message) => Fail(SnapshotDiagnostics.BadField, message);

    /// <summary>A finding.</summary>
    public DiagnosticException Fail(DiagnosticDefinition definition, string message) =>
        new(definition.At(new SourceLocation(Source), $"{(Path.Length == 0 ? "The document" : $"'{Path}'")} {message}."));
}
