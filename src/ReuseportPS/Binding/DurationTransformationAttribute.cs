using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace ReuseportPS.Binding;

/// <summary>
/// Turns <c>500ms</c>, <c>60s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>, a bare number (seconds) or a TimeSpan into a positive
/// TimeSpan. PowerShell itself would read a bare <c>60s</c> as the number 60, so the token's text is looked at first.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed partial class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData;
        if (inputData is PSObject wrapped)
        {
            value = wrapped.BaseObject;

            // A numeric literal keeps its source text in the wrapper, and gives it when converted to a string.
            if (value is not TimeSpan and not string)
            {
                value = LanguagePrimitives.ConvertTo<string>(inputData);
            }
        }

        TimeSpan duration = value switch
        {
            TimeSpan span => span,
            string text => Parse(text),
            IConvertible number => FromSeconds(number.ToDouble(CultureInfo.InvariantCulture), inputData),
            _ => throw Bad(inputData),
        };
        return duration > TimeSpan.Zero
            ? duration
            : throw new ArgumentTransformationMetadataException($"'{inputData}' is not a duration above zero.");
    }

    private static TimeSpan Parse(string text)
    {
        Match match = DurationPattern().Match(text.Trim());
        if (!match.Success)
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan span) && text.Contains(':', StringComparison.Ordinal)
                ? span
                : throw Bad(text);
        }

        double number = double.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        double seconds = match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "MS" => number / 1000,
            "M" => number * 60,
            "H" => number * 3600,
            "D" => number * 86400,
            _ => number,
        };
        return FromSeconds(seconds, text);
    }

    private static TimeSpan FromSeconds(double seconds, object input)
    {
        try
        {
            return TimeSpan.FromSeconds(seconds);
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentException)
        {
            throw Bad(input);
        }
    }

    private static ArgumentTransformationMetadataException Bad(object? input) =>
        new($"'{input}' is not a duration. Write 500ms, 60s, 5m, 2h, 1d, a number of seconds, or a TimeSpan.");

    [GeneratedRegex("^(?<number>[0-9]+(\\.[0-9]+)?)(?<unit>ms|s|m|h|d)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DurationPattern();
}
