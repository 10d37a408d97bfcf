using System.Globalization;
using System.Text.RegularExpressions;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Linux;

/// <summary>Finds the place in a verifier's log that the refusal is about.</summary>
internal static partial class VerifierLog
{
    /// <summary>The last instruction that the verifier looked at, with its source line if the program knows it; null when the log names none.</summary>
    internal static SourceLocation? PlaceOf(string? log, ProgramBtf? source)
    {
        int? slot = null;
        foreach (Match match in Step().Matches(log ?? ""))
        {
            slot = int.Parse(match.Groups["slot"].Value, CultureInfo.InvariantCulture);
        }

        return slot is not int at ? null
            : source?.SourceOf(at) is SourceLine line ? new SourceLocation(line.File, line.Line, line.Column == 0 ? null : line.Column, at)
            : new SourceLocation(Instruction: at);
    }

    // "12: (85) call bpf_…"
    [GeneratedRegex(@"^(?<slot>\d{1,7}): \([0-9a-f]{2}\) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Step();
}
