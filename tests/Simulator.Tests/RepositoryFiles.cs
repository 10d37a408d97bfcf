namespace ReuseportPS.Simulator.Tests;

/// <summary>Files of the repository, found from where the tests run.</summary>
internal static class RepositoryFiles
{
    public static string PathOf(string relative)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ReuseportPS.slnx")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, relative);
    }
}
