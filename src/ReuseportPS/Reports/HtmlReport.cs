using System.Globalization;
using System.Net;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Formatting;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Reports;

/// <summary>Measurements and comparisons as one page that needs nothing from elsewhere and follows the reader's choice of light or dark.</summary>
internal static class HtmlReport
{
    private const int LargestChart = 64;

    private const string Head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Steering report</title>
        <style>
        :root { color-scheme: light dark; --ink: #1c1c1c; --paper: #ffffff; --grid: #d0d0d0; --heat: 0, 114, 178;
          --c0: #0072b2; --c1: #e69f00; --c2: #009e73; --c3: #cc79a7; --c4: #d55e00; --c5: #56b4e9; --c6: #7a6a00; --c7: #6b6b6b; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #161616; --grid: #444444; --heat: 86, 180, 233;
          --c0: #56b4e9; --c1: #f0b429; --c2: #2ec4a0; --c3: #e29cc4; --c4: #ff8c42; --c5: #9ad7ff; --c6: #d8c84a; --c7: #a8a8a8; } }
        body { font: 15px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--paper); }
        table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--grid); text-align: right; }
        th:first-child, td:first-child { text-align: left; } svg { max-width: 100%; height: auto; } .wide { overflow-x: auto; }
        </style>
        </head>
        <body>

        """;

    /// <summary>The page.</summary>
    public static string Of(IEnumerable<object> reports)
    {
        StringBuilder page = new(Head);
        foreach ((int number, object report) in reports.Index())
        {
            if (report is SteeringMeasurement measurement)
            {
                Append(page, measurement, number);
            }
            else
            {
                Append(page, (SteeringComparison)report);
            }
        }

        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void Append(StringBuilder page, SteeringMeasurement measurement, int number)
    {
        page.Append(Text($"<h1>Policy '{measurement.Policy}' over {measurement.Trace}</h1>\n"));
        page.Append(Text($"<p>{measurement.Statistics.Packets} packets, {measurement.Flows} flows in {measurement.Duration.TotalSeconds:F1} s. Skew {measurement.PacketSkew:F2} by packets, {measurement.FlowSkew:F2} by flows; Gini {measurement.PacketBalance.Gini:F2}, {measurement.FlowBalance.Gini:F2}"));
        page.Append(measurement.FlowBalance.PValue is double p ? Text($"; flows against the shares that the rules mean: p = {p:G2}.</p>\n") : ".</p>\n");
        AppendFindings(page, measurement.Failure is Diagnostic failure ? [failure, .. measurement.Warnings] : measurement.Warnings);
        page.Append("<h2>Slots</h2>\n");
        if (measurement.Slots.Length <= LargestChart)
        {
            page.Append(SvgChart.Shares(measurement.Slots, Text($"shares{number}"))).Append('\n');
        }

        string peak = measurement.Series.SecondsPerBucket == 1 ? "Peak per second" : Text($"Peak in {measurement.Series.SecondsPerBucket} s");
        AppendTable(
            page,
            ["Slot", "Packets", "Flows", "Bytes", "Share", "Meant", peak],
            measurement.Slots.Select(slot => (string[])[slot.IsOccupied ? slot.Label : slot.Label + " (empty)", .. Cells(slot.Traffic), Bar.Percent(slot.IntendedShare), Number(slot.Peak)])
                .Concat(new[] { ("rejected", measurement.Rejected), ("kernel's choice", measurement.Kernel), ("no SYN in trace", measurement.WithoutSyn), ("multicast", measurement.Multicast) }
                    .Where(row => row.Item2.Packets > 0).Select(row => (string[])[row.Item1, .. Cells(row.Item2), "", ""])));
        if (measurement.Series.Buckets.Length > 1)
        {
            page.Append("<h2>Over time</h2>\n").Append(SvgChart.Traffic(measurement, Text($"traffic{number}"))).Append('\n').Append(SvgChart.Skew(measurement, Text($"skew{number}"))).Append('\n');
        }

        page.Append("<h2>Rules and causes</h2>\n");
        AppendTable(
            page, ["Rule", "Decisions"],
            measurement.Counters.Where(counter => counter.Kind is CounterKind.Rule or CounterKind.Otherwise).Select(counter => (string[])[counter.Name, Text($"{counter.Value}")]));
        AppendTable(
            page, ["Cause", "Count"],
            measurement.Counters.Where(counter => counter.Kind is CounterKind.Kernel or CounterKind.Reject or CounterKind.Miss or CounterKind.NotCovered or CounterKind.Unreadable)
                .Select(counter => (string[])[counter.Name, Text($"{counter.Value}")])
                .Concat(measurement.Selections.Select(selection => (string[])[$"bpf_sk_select_reuseport: {(selection.Result == Errno.None ? "selected" : selection.Result)}", Number(selection.Count)])));
        page.Append(Text($"<p>{measurement.Instructions.Mean:F1} instructions per run on average, {measurement.Instructions.P99} for 99 of 100, {measurement.Instructions.Largest} at most. {measurement.FlowsMoved} flows changed slot within the trace.</p>\n"));
        page.Append(Text($"<p>Trace: {measurement.Statistics}</p>\n"));
    }

    private static void Append(StringBuilder page, SteeringComparison comparison)
    {
        page.Append(Text($"<h1>'{comparison.Before}' → '{comparison.After}' over {comparison.Trace}</h1>\n"));
        page.Append(Text($"<p>{comparison.FlowsMoved} of {comparison.Flows} flows move ({Bar.Percent(comparison.FlowShareMoved)}), {comparison.PacketsMoved} of {comparison.Packets} packets ({Bar.Percent(comparison.PacketShareMoved)}). Of {comparison.FlowsUncertain} flows it is not known.</p>\n"));
        AppendFindings(page, comparison.Failure is Diagnostic failure ? [failure] : []);
        string[] from = [.. comparison.Moves.Select(move => move.From).Distinct()];
        string[] to = [.. comparison.Moves.Select(move => move.To).Distinct().OrderBy(end => Array.IndexOf(from, end) < 0 ? int.MaxValue : Array.IndexOf(from, end))];
        if (from.Length <= LargestChart && to.Length <= LargestChart)
        {
            long most = comparison.Moves.Select(move => move.Flows).DefaultIfEmpty(1).Max();
            ILookup<(string, string), FlowMove> cells = comparison.Moves.ToLookup(move => (move.From, move.To));
            page.Append("<h2>From (rows) to (columns), flows</h2>\n<div class=\"wide\"><table class=\"matrix\"><tr><th></th>");
            page.AppendJoin("", to.Select(end => Text($"<th>{end}</th>"))).Append("</tr>\n");
            foreach (string start in from)
            {
                page.Append(Text($"<tr><td>{start}</td>"));
                foreach (string end in to)
                {
                    long flows = cells[(start, end)].Sum(move => move.Flows);
                    page.Append(Text($"<td style=\"background: rgba(var(--heat), {0.6 * flows / Math.Max(1, most):F2})\">{flows}</td>"));
                }

                page.Append("</tr>\n");
            }

            page.Append("</table></div>\n");
        }

        page.Append("<h2>Established flows</h2>\n");
        AppendTable(
            page, ["Protocol", "Flows", "Elsewhere", "Unknown", "Break"],
            comparison.Protocols.Select(impact => (string[])[impact.Protocol, Number(impact.Flows), Number(impact.Moving), Number(impact.Uncertain), Number(impact.Breaking)]));
        page.Append("<h2>Top moved sources</h2>\n");
        AppendTable(page, ["Source", "Flows", "Packets"], comparison.TopSources.Select(source => (string[])[source.Address, Number(source.Flows), Number(source.Packets)]));
    }

    private static void AppendFindings(StringBuilder page, IEnumerable<Diagnostic> findings)
    {
        foreach (Diagnostic finding in findings)
        {
            page.Append(Text($"<p><strong>{finding}</strong></p>\n"));
        }
    }

    private static void AppendTable(StringBuilder page, string[] heads, IEnumerable<string[]> rows)
    {
        page.Append("<div class=\"wide\"><table><tr>").AppendJoin("", heads.Select(head => Text($"<th>{head}</th>"))).Append("</tr>\n");
        foreach (string[] row in rows)
        {
            page.Append("<tr>").AppendJoin("", row.Select(cell => Text($"<td>{cell}</td>"))).Append("</tr>\n");
        }

        page.Append("</table></div>\n");
    }

    private static string[] Cells(TrafficCount count) => [Number(count.Packets), Number(count.Flows), Number(count.Bytes), Bar.Percent(count.PacketShare)];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text with what is put into it made harmless: names come from files.</summary>
    private static string Text(FormattableString text) => string.Format(
        CultureInfo.InvariantCulture, text.Format, [.. text.GetArguments().Select(argument => argument is IFormattable ? argument : (object)WebUtility.HtmlEncode(argument?.ToString() ?? "-"))]);
}
