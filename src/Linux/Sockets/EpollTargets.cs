using System.Globalization;

namespace ReuseportPS.Linux.Sockets;

/// <summary>What an epoll instance watches, from the lines of /proc/PID/fdinfo/FD. No I/O; lines that do not fit are left out.</summary>
internal static class EpollTargets
{
    /// <summary>Inode and device numbers of what is watched: <c>tfd: 6 events: 19 data: 0 pos:0 ino:7e31 sdev:9</c>.</summary>
    internal static IEnumerable<(ulong Inode, ulong Device)> Read(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            if (line.StartsWith("tfd:", StringComparison.Ordinal)
                && TryField(line, " ino:", out ulong inode) && TryField(line, " sdev:", out ulong device))
            {
                yield return (inode, device);
            }
        }
    }

    private static bool TryField(string line, string name, out ulong value)
    {
        value = 0;
        int at = line.IndexOf(name, StringComparison.Ordinal);
        if (at < 0)
        {
            return false;
        }

        ReadOnlySpan<char> rest = line.AsSpan(at + name.Length);
        int end = rest.IndexOf(' ');
        return ulong.TryParse(end < 0 ? rest : rest[..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
