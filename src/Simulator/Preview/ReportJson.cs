using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Reports as JSON: the same bytes for the same report on every system.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Write<T>(T report) => JsonSerializer.Serialize(report, s_options);

    /// <exception cref="JsonException">The text is not such a report.</exception>
    public static T Read<T>(string text)
        where T : class => JsonSerializer.Deserialize<T>(text, s_options) ?? throw new JsonException("The text is null.");
}
