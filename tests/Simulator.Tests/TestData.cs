namespace ReuseportPS.Simulator.Tests;

/// <summary>Lines of the recorded data that is built into the test assembly, without comments.</summary>
internal static class TestData
{
    public static IReadOnlyList<string> Lines(string name)
    {
        using Stream stream = typeof(TestData).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using StreamReader reader = new(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'))];
    }
}
