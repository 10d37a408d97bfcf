using System.Globalization;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>Shows a failing case as what one would write by hand.</summary>
public static class CasePrinter
{
    public static string Show(SteeringPolicy policy, int slotCount) =>
        string.Create(CultureInfo.InvariantCulture, $"{slotCount} slots\n{PolicyYaml.Write(policy)}");
}
