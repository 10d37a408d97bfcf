using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Binding;

/// <summary>A measurement as a user gives it.</summary>
internal static class ReportInput
{
    /// <summary>The measurement itself, its JSON, or a file with that.</summary>
    /// <param name="input">What was given.</param>
    /// <param name="resolve">Turns a path of the shell into one of the system.</param>
    /// <exception cref="DiagnosticException">RPS6031: it is no measurement.</exception>
    public static SteeringMeasurement Read(object input, Func<string, string> resolve)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        return value switch
        {
            SteeringMeasurement measurement => measurement,
            FileInfo file => MeasurementMerger.Read(File.ReadAllText(file.FullName), file.Name),
            string text when text.TrimStart().StartsWith('{') => MeasurementMerger.Read(text, "the text"),
            string path => MeasurementMerger.Read(File.ReadAllText(resolve(path)), Path.GetFileName(path)),
            _ => throw new DiagnosticException(TraceDiagnostics.NotAReport.At(null, $"'{value}' is not a report of a measurement.")),
        };
    }
}
