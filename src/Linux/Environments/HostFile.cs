namespace ReuseportPS.Linux.Environments;

/// <summary>Small files in which the host tells of itself.</summary>
internal static class HostFile
{
    /// <summary>The first line that begins so; null when there is none, or the file cannot be read.</summary>
    public static string? ReadLine(string path, string prefix = "")
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal))?.Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
