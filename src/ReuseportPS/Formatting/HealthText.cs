using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Model;

namespace ReuseportPS.Formatting;

/// <summary>What the doctor says as its format view shows it, in 80 columns.</summary>
public static class HealthText
{
    private const int Width = 79; // a host breaks a line of 80

    /// <summary>One line of outcome, then each finding with evidence, reason and remedy, then what was not checked.</summary>
    public static string Of(ReuseportGroupTest test)
    {
        StringBuilder text = new();
        string what = test.Group is null ? $"Sockets of {test.EndPoint} without a group" : $"Group {test.Group}";
        text.Append(CultureInfo.InvariantCulture, $"{what}, {test.Backend}: {(test.Passed ? "passed" : "NOT PASSED")}{Counts(test)}.\n");
        foreach (HealthFinding finding in test.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{finding.Severity} {finding.Code}: {finding.Title}\n");
            Append(text, "  found: ", finding.Evidence);
            Append(text, "  why:   ", finding.WhyItMatters);
            Append(text, "  fix:   ", finding.Remedy);
        }

        if (!test.NotChecked.IsEmpty)
        {
            text.Append('\n');
            foreach (string reason in test.NotChecked)
            {
                Append(text, "Not checked: ", reason);
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    private static string Counts(ReuseportGroupTest test)
    {
        IEnumerable<string> counts = test.Findings.GroupBy(finding => finding.Severity).OrderByDescending(severity => severity.Key)
            .Select(severity => string.Create(CultureInfo.InvariantCulture, $"{severity.Count()} {Name(severity.Key, severity.Count())}"));
        string all = string.Join(", ", counts);
        return all.Length == 0 ? "" : $" ({all})";

        static string Name(DiagnosticSeverity severity, int count) => severity switch
        {
            DiagnosticSeverity.Error => count == 1 ? "error" : "errors",
            DiagnosticSeverity.Warning => count == 1 ? "warning" : "warnings",
            _ => "for information",
        };
    }

    /// <summary>A paragraph with a label, wrapped at spaces; what goes on stands under its beginning.</summary>
    private static void Append(StringBuilder text, string label, string paragraph)
    {
        string indent = new(' ', label.Length);
        StringBuilder line = new(label);
        bool isFirst = true;
        foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isFirst && line.Length + 1 + word.Length > Width)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(indent);
                isFirst = true;
            }

            line.Append(isFirst ? "" : " ").Append(word);
            isFirst = false;
        }

        text.Append(line).Append('\n');
    }
}
