using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux.Sockets;

/// <summary>Which processes hold which sockets, from the links in /proc/PID/fd. Processes that end or hide are left out.</summary>
internal static class OpenDescriptors
{
    /// <summary>Owners of the sockets with these inode numbers.</summary>
    internal static Dictionary<ulong, List<SocketOwner>> OwnersOf(IReadOnlySet<ulong> inodes) => OwnersOf(inodes, out _);

    /// <summary>The same, with the number of processes that may not be looked at.</summary>
    internal static Dictionary<ulong, List<SocketOwner>> OwnersOf(IReadOnlySet<ulong> inodes, out int hidden)
    {
        hidden = 0;
        Dictionary<ulong, List<SocketOwner>> owners = [];
        if (inodes.Count == 0)
        {
            return owners;
        }

        foreach (int processId in Processes())
        {
            hidden += TryAddOwners(processId, inodes, owners) == Errno.EACCES ? 1 : 0;
        }

        return owners;
    }

    /// <summary>Owners of the sockets with these inode numbers, up to the process with which each has one.</summary>
    internal static Dictionary<ulong, List<SocketOwner>> AnyOwnersOf(IReadOnlySet<ulong> inodes)
    {
        Dictionary<ulong, List<SocketOwner>> owners = [];
        foreach (int processId in inodes.Count == 0 ? [] : Processes())
        {
            _ = TryAddOwners(processId, inodes, owners);
            if (owners.Count == inodes.Count)
            {
                break;
            }
        }

        return owners;
    }

    /// <summary>Ids of the processes of this process id namespace.</summary>
    internal static IEnumerable<int> Processes()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
            {
                yield return processId;
            }
        }
    }

    /// <summary>Processes that hold a socket, each with one descriptor of it, looked for as they are asked for.</summary>
    /// <param name="inode">The socket.</param>
    /// <param name="likely">The process that probably holds it, which is looked at first; 0 for none.</param>
    internal static IEnumerable<SocketOwner> HoldersOf(ulong inode, int likely)
    {
        HashSet<ulong> wanted = [inode];
        foreach (int processId in likely > 0 ? Processes().Where(processId => processId != likely).Prepend(likely) : Processes())
        {
            Dictionary<ulong, List<SocketOwner>> owners = [];
            _ = TryAddOwners(processId, wanted, owners, oneIsEnough: true);
            if (owners.TryGetValue(inode, out List<SocketOwner>? found))
            {
                yield return found[0];
            }
        }
    }

    /// <summary>Adds what one process holds; the errno says why it could not be looked at.</summary>
    internal static Errno TryAddOwners(int processId, IReadOnlySet<ulong> inodes, Dictionary<ulong, List<SocketOwner>> owners, bool oneIsEnough = false)
    {
        string? command = null;
        try
        {
            Errno errno = DescriptorLinks.Visit(processId, (descriptor, target) =>
            {
                if (!TryParseSocketLink(target, out ulong inode) || !inodes.Contains(inode))
                {
                    return true;
                }

                command ??= Printable(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/comm")).TrimEnd('\n'));
                if (!owners.TryGetValue(inode, out List<SocketOwner>? list))
                {
                    owners.Add(inode, list = []);
                }

                list.Add(new SocketOwner(processId, descriptor, command));
                return !oneIsEnough;
            });
            return errno is Errno.None or Errno.EACCES ? errno : Errno.ENOENT; // it ended
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (IOException)
        {
            return Errno.ENOENT;
        }
    }

    /// <summary>The inode number of <c>socket:[123]</c>.</summary>
    internal static bool TryParseSocketLink(ReadOnlySpan<byte> link, out ulong inode)
    {
        inode = 0;
        ReadOnlySpan<byte> prefix = "socket:["u8;
        return link.StartsWith(prefix) && link[^1] == (byte)']'
            && ulong.TryParse(link[prefix.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out inode);
    }

    /// <summary>A process calls itself what it likes; what would move the cursor or change colours does not reach a terminal.</summary>
    internal static string Printable(string command) => string.Concat(command.Select(c => char.IsControl(c) ? '?' : c));
}
