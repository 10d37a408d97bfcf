using System.Collections.Concurrent;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Yaml;

namespace ReuseportPS.Scenarios;

/// <summary>The scenario files of this folder and of the examples; one row for each case.</summary>
internal static class ScenarioFiles
{
    private static readonly ConcurrentDictionary<string, Scenario> s_read = new(StringComparer.Ordinal);

    /// <summary>File, relative to the repository, and name of the case.</summary>
    public static IEnumerable<(string File, string Case)> Cases =>
        from file in Files
        from each in Read(file).Cases
        select (file, each.Name);

    public static IEnumerable<string> Files => new[] { Path.Combine("tests", "Scenarios"), Path.Combine("examples", "scenarios") }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.yaml", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    public static string Root { get; } = FindRoot();

    public static Scenario Read(string file) => s_read.GetOrAdd(file, static relative =>
    {
        string path = Path.Combine(Root, relative);
        ScenarioReading reading = ScenarioYaml.Read(
            File.ReadAllText(path), Path.GetFileNameWithoutExtension(path), relative,
            name => Path.Combine(Path.GetDirectoryName(path)!, name) is string other && File.Exists(other) ? File.ReadAllBytes(other) : null);
        return reading.Scenario ?? throw new InvalidOperationException(string.Join('\n', reading.Diagnostics));
    });

    /// <summary>Runs one case: every step must pass. Skips it, with the reason, where the backend lacks something.</summary>
    public static void Run(string file, string name, IReuseportBackend backend)
    {
        Scenario scenario = Read(file);
        StepResult[] results = [.. new ScenarioRun(scenario).Run(Assert.Single(scenario.Cases, each => each.Name == name), backend)];
        Assert.SkipWhen(results is [{ Number: 0 }], results[0].Actual);
        IEnumerable<string> failures = results.Where(result => result.Outcome == StepOutcome.Failed).Select(result => string.Create(
            CultureInfo.InvariantCulture, $"{file}:{result.Step!.Location?.Line}: step {result.Number}, {result.Step.Text}: expected {result.Expected}, got {result.Actual}"));
        Assert.True(!failures.Any(), string.Join('\n', failures));
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ReuseportPS.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests are not run from within the repository.");
    }
}
