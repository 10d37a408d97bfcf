using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Bench.Peers;

/// <summary>A policy to be measured, with the slots that it is compiled for.</summary>
internal sealed record PolicyCase(string Name, SteeringPolicy Policy, CompiledPolicy Compiled)
{
    private const int Prefixes = 10_000;

    /// <summary>The policies.</summary>
    public static IEnumerable<PolicyCase> All()
    {
        yield return Of("hash over 8 slots", "version: 1\npolicy: hash\notherwise: { by: hash }", 8);
        yield return Of(
            "weighted over 8 slots", "version: 1\npolicy: weighted\notherwise: { by: weighted, weights: { 0: 5, 1: 10, 2: 15, 3: 20, 4: 5, 5: 10, 6: 15, 7: 20 } }", 8);
        yield return Of("source list of 10,000 prefixes", List(), 8);
        yield return Of("quickstart.yaml", File.ReadAllText(Path.Combine(BenchFiles.Folder, "..", "examples", "policies", "quickstart.yaml")), 4);
    }

    private static PolicyCase Of(string name, string text, int slots)
    {
        PolicyReading reading = PolicyYaml.Read(text);
        SteeringPolicy policy = reading.Policy ?? throw new DiagnosticException(reading.Diagnostics);
        PolicyCompilation compilation = PolicyCompiler.Compile(policy, slots);
        return new PolicyCase(name, policy, compilation.Compiled ?? throw new DiagnosticException(compilation.Diagnostics));
    }

    // Distinct prefixes of 16 to 28 bits in 10.0.0.0/8, from one seed: about half of the packets from there are in one.
    private static string List()
    {
        Random random = new(22);
        HashSet<string> prefixes = [];
        while (prefixes.Count < Prefixes)
        {
            int length = prefixes.Count < 64 ? 16 : random.Next(20, 29);
            uint address = ((10u << 24) | (uint)random.Next(1 << 24)) & (uint.MaxValue << (32 - length));
            prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}/{length}"));
        }

        StringBuilder text = new("version: 1\npolicy: list\nlists:\n  clients:\n");
        foreach (string prefix in prefixes)
        {
            text.Append("    - ").Append(prefix).Append('\n');
        }

        return text.Append("rules:\n  - when: { source: clients }\n    steer: { by: slot, slot: 7 }\notherwise: { by: hash }\n").ToString();
    }
}
