namespace ReuseportPS.Shell;

/// <summary>Finds the clone that this program was built in, and the staged module in it.</summary>
public static class ModuleLocator
{
    /// <summary>The manifest that marks the root of a clone.</summary>
    public const string ManifestName = "ReuseportPS.psd1";

    /// <summary>The nearest folder at or above <paramref name="start"/> that holds the manifest and a src folder; null if there is none.</summary>
    /// <param name="start">Where to begin; the program's own folder when null.</param>
    public static string? FindRoot(string? start = null)
    {
        for (DirectoryInfo? folder = new(start ?? AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            // The staged copy of the manifest has no src beside it.
            if (File.Exists(Path.Combine(folder.FullName, ManifestName)) && Directory.Exists(Path.Combine(folder.FullName, "src")))
            {
                return folder.FullName;
            }
        }

        return null;
    }

    /// <summary>The staged manifest of the clone at or above <paramref name="start"/>.</summary>
    /// <param name="start">Where to begin; the program's own folder when null.</param>
    /// <exception cref="ModuleNotBuiltException">There is no clone above, or its module is not built.</exception>
    public static string StagedManifest(string? start = null)
    {
        string root = FindRoot(start) ?? throw new ModuleNotBuiltException(
            $"No {ManifestName} at or above '{start ?? AppContext.BaseDirectory}'. Run the Shell from a clone of the project: dotnet run --project src/Shell");
        string manifest = Path.Combine(root, "out", "ReuseportPS", ManifestName);
        return File.Exists(manifest) ? manifest : throw new ModuleNotBuiltException(
            $"The module is not built: '{manifest}' does not exist. Run this in '{root}' first: dotnet build");
    }
}
