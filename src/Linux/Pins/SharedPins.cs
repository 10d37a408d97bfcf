using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Pins;

/// <summary>
/// Pins that are open to a Unix group: the folder is 2770, so that what is made in it later, by whomever, is the group's too, and the pins are 0660. The lock is 0750 and stays as long as the
/// group does, because members can lock a directory and cannot make one. Files are changed by descriptors that were looked at: a member may put a link in the place of a pin.
/// </summary>
internal static class SharedPins
{
    private const int FolderMode = 0x5f8; // 02770
    private const int PinMode = 0x1b0; // 0660
    private const int LockMode = 0x1e8; // 0750
    private const int RootMode = 0x1c9; // 0711
    private const int GroupBits = 0x38; // 0070
    private const int SetGroupId = 0x400; // 02000
    private const int FileType = 0xf000;
    private const int RegularFile = 0x8000;

    /// <summary>Whether a directory is open to a Unix group.</summary>
    internal static bool IsShared(SafeDirectoryFd directory) => Sys.statx(directory, out _, out int mode) >= 0 && (mode & GroupBits) != 0;

    /// <summary>Whether what is made in a folder is to be open to its Unix group.</summary>
    internal static bool IsSharedFolder(SafeDirectoryFd folder) => Sys.statx(folder, out _, out int mode) >= 0 && (mode & SetGroupId) != 0;

    /// <summary>Refuses a place that members could not reach, and lets them through the directory of all groups, which stays closed to reading.</summary>
    internal static void OpenRoot(string root)
    {
        for (string? parent = Path.GetDirectoryName(root); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (!LetsOthersThrough(parent))
            {
                throw LinuxErrors.Own(
                    "RPS5409", Errno.EACCES, "chmod", $"The directory {parent} lets nobody but its owner in, so that no member of the Unix group could reach the pins in {root}.",
                    $"Let others pass through it (chmod o+x {parent}; after each boot, by systemd-tmpfiles: z {parent} 0711 root root), or set REUSEPORTPS_BPFFS to a directory on a BPF file system that is mounted with mode=0711.");
            }
        }

        using SafeDirectoryFd directory = BpffsDirectory.TryOpen(root, out Errno errno) ?? throw LinuxErrors.Refused("open", errno, root);
        if (Sys.statx(directory, out _, out int mode) >= 0 && (mode & 1) == 0)
        {
            Check("chmod", Sys.fchmod(directory, (mode & 0x1ff) | RootMode), root);
        }
    }

    /// <summary>Opens a folder, and what is in it, to a Unix group.</summary>
    internal static void OpenFolder(string path, uint unixGroup)
    {
        OpenDirectory(path, unixGroup, FolderMode);
        foreach (string name in BpffsDirectory.Names(path))
        {
            OpenPin(path + "/" + name, unixGroup);
        }
    }

    /// <summary>Opens a lock to a Unix group.</summary>
    internal static void OpenLock(string path, uint unixGroup) => OpenDirectory(path, unixGroup, LockMode);

    /// <summary>Opens a new pin to the Unix group that it has from its folder.</summary>
    internal static void OpenPin(string path) => OpenPin(path, unixGroup: null);

    private static bool LetsOthersThrough(string path)
    {
        nint fd = Sys.openat(path, Sys.O_PATH | Sys.O_DIRECTORY);
        Check("open", fd, path);
        using SafeDirectoryFd directory = new(fd);
        return Sys.statx(directory, out _, out int mode) >= 0 && (mode & 1) != 0;
    }

    private static void OpenPin(string path, uint? unixGroup)
    {
        nint fd = Sys.openat(path, Sys.O_PATH | Sys.O_NOFOLLOW);
        Check("open", fd, path);
        using SafeDirectoryFd pin = new(fd);
        if (Sys.statx(pin, out _, out int mode) < 0 || (mode & FileType) != RegularFile)
        {
            return; // no pin of ours
        }

        string opened = string.Create(CultureInfo.InvariantCulture, $"/proc/thread-self/fd/{fd}");
        if (unixGroup is uint wanted)
        {
            Check("chown", Sys.fchownat(opened, wanted), path);
        }

        Check("chmod", Sys.fchmodat(opened, PinMode), path);
    }

    private static void OpenDirectory(string path, uint unixGroup, int mode)
    {
        using SafeDirectoryFd directory = BpffsDirectory.TryOpen(path, out Errno errno) ?? throw LinuxErrors.Refused("open", errno, path);
        Check("chown", Sys.fchownat(string.Create(CultureInfo.InvariantCulture, $"/proc/thread-self/fd/{directory.DangerousGetHandle()}"), unixGroup), path);
        Check("chmod", Sys.fchmod(directory, mode), path);
    }

    private static void Check(string operation, nint result, string path)
    {
        if (result < 0)
        {
            throw LinuxErrors.Refused(operation, result, path);
        }
    }
}
