namespace ReuseportPS.Engine.Tests;

/// <summary>The working copy that the tests were built from.</summary>
public static class RepositoryRoot
{
    /// <summary>A path in it.</summary>
    public static string Combine(params ReadOnlySpan<string> parts)
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ReuseportPS.slnx")))
        {
            directory = directory.Parent;
        }

        return Path.Combine([directory?.FullName ?? throw new InvalidOperationException("the tests do not run in a working copy"), .. parts]);
    }
}
