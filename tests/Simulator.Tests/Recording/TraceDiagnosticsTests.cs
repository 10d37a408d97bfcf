using System.Reflection;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class TraceDiagnosticsTests
{
    [Fact]
    public void All_lists_every_finding_once_in_order()
    {
        DiagnosticDefinition[] fields = [.. typeof(TraceDiagnostics).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<DiagnosticDefinition>()];
        Assert.Equal(fields.OrderBy(definition => definition.Code, StringComparer.Ordinal), TraceDiagnostics.All);
        Assert.Equal(fields.Length, fields.Select(definition => definition.Code).Distinct().Count());
        Assert.All(fields, definition => Assert.StartsWith("RPS6", definition.Code, StringComparison.Ordinal));
    }
}
