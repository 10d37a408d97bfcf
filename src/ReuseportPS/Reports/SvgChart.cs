using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Reports;

/// <summary>Charts as SVG for a page that has the colours: --ink and --c0 to --c7 are variables of its style.</summary>
internal static class SvgChart
{
    private const int Width = 720;
    private const int MostLines = 8;

    // Colours that no chart has otherwise stand for the variables of the page.
    private static readonly OxyColor s_ink = OxyColor.FromRgb(1, 2, 3);
    private static readonly OxyColor s_grid = OxyColor.FromRgb(1, 2, 4);

    /// <summary>Packets of each slot, and what the rules mean it to have.</summary>
    public static string Shares(IReadOnlyList<SlotMeasurement> slots, string name)
    {
        PlotModel model = NewModel();
        CategoryAxis labels = new() { Position = AxisPosition.Left, StartPosition = 1, EndPosition = 0, TextColor = s_ink, TicklineColor = s_grid, AxislineColor = s_grid };
        model.PlotMargins = new OxyThickness(24 + (7 * slots.Max(slot => slot.Label.Length)), double.NaN, double.NaN, 44);
        model.Axes.Add(labels);
        model.Axes.Add(NewAxis(AxisPosition.Bottom, "% of packets"));
        BarSeries got = new() { FillColor = ColorOf(0), StrokeThickness = 0, Title = Padded("gets") };
        BarSeries meant = new() { FillColor = ColorOf(1), StrokeThickness = 0, Title = Padded("meant") };
        foreach (SlotMeasurement slot in slots)
        {
            labels.Labels.Add(slot.Label);
            got.Items.Add(new BarItem(100 * (slot.Share ?? 0)));
            meant.Items.Add(new BarItem(100 * (slot.IntendedShare ?? 0)));
        }

        model.Series.Add(got);
        if (slots.Any(slot => slot.IntendedShare is not null))
        {
            model.Series.Add(meant);
            AddLegend(model);
        }

        return Write(model, 100 + (32 * slots.Count), name);
    }

    /// <summary>Packets per second of each slot.</summary>
    public static string Traffic(SteeringMeasurement measurement, string name)
    {
        PlotModel model = NewModel();
        model.Axes.Add(NewAxis(AxisPosition.Bottom, "seconds"));
        model.Axes.Add(NewAxis(AxisPosition.Left, "packets per second"));
        TrafficSeries series = measurement.Series;
        long start = series.Buckets[0].Second;
        foreach (SlotMeasurement slot in measurement.Slots.OrderByDescending(slot => slot.Packets).Take(MostLines).OrderBy(slot => slot.Slot))
        {
            LineSeries line = new() { Title = Padded(slot.Label), Color = ColorOf(slot.Slot), StrokeThickness = 2 };
            line.Points.AddRange(series.Buckets.Select(bucket => new DataPoint(bucket.Second - start, (double)bucket.Packets[slot.Slot] / series.SecondsPerBucket)));
            model.Series.Add(line);
        }

        LeaveRoom(model);
        AddLegend(model);
        return Write(model, 320, name);
    }

    /// <summary>The busiest slot over the mean, by time.</summary>
    public static string Skew(SteeringMeasurement measurement, string name)
    {
        PlotModel model = NewModel();
        model.Axes.Add(NewAxis(AxisPosition.Bottom, "seconds"));
        model.Axes.Add(NewAxis(AxisPosition.Left, "busiest slot over the mean"));
        TrafficSeries series = measurement.Series;
        int occupied = measurement.Slots.Count(slot => slot.IsOccupied);
        LineSeries line = new() { Color = ColorOf(0), StrokeThickness = 2 };
        foreach (TrafficBucket bucket in series.Buckets)
        {
            long sum = bucket.Packets.Take(measurement.Slots.Length).Sum();
            if (sum > 0)
            {
                line.Points.Add(new DataPoint(bucket.Second - series.Buckets[0].Second, (double)bucket.Packets.Take(measurement.Slots.Length).Max() * occupied / sum));
            }
        }

        model.Series.Add(line);
        LeaveRoom(model);
        return Write(model, 240, name);
    }

    // Legends are as wide as the exporter takes a text to be; fonts of browsers are wider.
    private static string Padded(string title) => title + new string('\u00a0', 2 + (title.Length / 2));

    private static OxyColor ColorOf(int slot) => OxyColor.FromRgb(1, 3, (byte)(slot % MostLines));

    private static PlotModel NewModel() => new()
    {
        Background = OxyColors.Transparent,
        PlotAreaBorderColor = s_grid,
        TextColor = s_ink,
        DefaultFont = "sans-serif",
        PlotMargins = new OxyThickness(76, double.NaN, double.NaN, 44),
    };

    private static LinearAxis NewAxis(AxisPosition position, string title) => new()
    {
        Position = position,
        Title = title,
        Minimum = 0,
        TextColor = s_ink,
        TitleColor = s_ink,
        TicklineColor = s_grid,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = s_grid,
        AxisTitleDistance = position == AxisPosition.Left ? 18 : 4,
    };

    /// <summary>Keeps lines off the upper edge, also where all values are about the same.</summary>
    private static void LeaveRoom(PlotModel model) =>
        model.Axes.Single(axis => axis.Position == AxisPosition.Left).Maximum =
            Math.Max(1, 1.06 * model.Series.OfType<LineSeries>().SelectMany(line => line.Points).Max(point => point.Y));

    private static void AddLegend(PlotModel model) => model.Legends.Add(new OxyPlot.Legends.Legend
    {
        LegendPlacement = OxyPlot.Legends.LegendPlacement.Outside,
        LegendPosition = OxyPlot.Legends.LegendPosition.TopLeft,
        LegendOrientation = OxyPlot.Legends.LegendOrientation.Horizontal,
        LegendTextColor = s_ink,
        TextColor = s_ink,
    });

    /// <summary>The chart, its colours those of the page, and its names its own: clips of several charts on a page are all told apart by name.</summary>
    private static string Write(PlotModel model, int height, string name)
    {
        string size = string.Create(CultureInfo.InvariantCulture, $"<svg width=\"{Width}\" height=\"{height}\"");
        string svg = new SvgExporter { Width = Width, Height = height, IsDocument = false }.ExportToString(model)
            .Replace(size, string.Create(CultureInfo.InvariantCulture, $"{size} viewBox=\"0 0 {Width} {height}\""), StringComparison.Ordinal)
            .Replace("id=\"clipPath", $"id=\"{name}-", StringComparison.Ordinal)
            .Replace("url(#clipPath", $"url(#{name}-", StringComparison.Ordinal)
            .Replace("fill=\"rgb(1,2,3)\"", "style=\"fill:var(--ink)\"", StringComparison.Ordinal)
            .Replace("rgb(1,2,3)", "var(--ink)", StringComparison.Ordinal)
            .Replace("rgb(1,2,4)", "var(--grid)", StringComparison.Ordinal);
        for (int color = 0; color < MostLines; color++)
        {
            svg = svg.Replace($"rgb(1,3,{color})", $"var(--c{color})", StringComparison.Ordinal);
        }

        return svg;
    }
}
