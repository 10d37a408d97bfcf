namespace ReuseportPS.Bench.Peers;

/// <summary>Where things are.</summary>
internal static class BenchFiles
{
    /// <summary>The folder bench of the repository.</summary>
    public static string Folder { get; } = Find();

    /// <summary>A folder for what is built.</summary>
    public static string Output { get; } = Directory.CreateDirectory(Path.Combine(Folder, "..", "artifacts", "peers")).FullName;

    /// <summary>The file of all packets, for peers.</summary>
    public static string Packets { get; } = Path.Combine(Output, "packets");

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ReuseportPS.slnx")))
            {
                return Path.Combine(at.FullName, "bench");
            }
        }

        throw new DirectoryNotFoundException("The comparison needs the repository around it: bench/programs and bench/peers.");
    }
}
