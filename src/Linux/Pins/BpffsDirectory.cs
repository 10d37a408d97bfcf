using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Pins;

/// <summary>Directories on a BPF file system: making, locking, removing them.</summary>
internal static class BpffsDirectory
{
    internal const int OwnerOnly = 0x1c0; // 0700

    internal static bool IsBpffs(string path) => IsBpffs(path, out _);

    /// <summary>Whether a directory is on a BPF file system; the errno says why that could not be seen.</summary>
    internal static bool IsBpffs(string path, out Errno errno)
    {
        nint result = Sys.statfs(path, out uint magic);
        errno = result < 0 ? (Errno)(int)-result : Errno.None;
        return result >= 0 && magic == Sys.BPF_FS_MAGIC;
    }

    internal static SafeDirectoryFd? TryOpen(string path, out Errno errno)
    {
        nint fd = Sys.openat(path, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW);
        errno = fd < 0 ? (Errno)(int)-fd : Errno.None;
        return fd < 0 ? null : new SafeDirectoryFd(fd);
    }

    /// <summary>
    /// Opens and locks a directory, if it is still the one of that name when the lock is had. Null with EAGAIN when another
    /// holds it, ENOENT when it is gone.
    /// </summary>
    internal static SafeDirectoryFd? TryLock(string path, out Errno errno)
    {
        SafeDirectoryFd? directory = TryOpen(path, out errno);
        if (directory is null)
        {
            return null;
        }

        nint result = Sys.flock(directory, Sys.LOCK_EX | Sys.LOCK_NB);
        if (result < 0)
        {
            errno = (Errno)(int)-result;
            directory.Dispose();
            return null;
        }

        using SafeDirectoryFd? again = TryOpen(path, out errno);
        if (again is not null)
        {
            nint seen = Math.Min(Sys.statx(directory, out ulong locked, out _), Sys.statx(again, out ulong named, out _));
            errno = seen < 0 ? (Errno)(int)-seen : locked == named ? Errno.None : Errno.ENOENT;
        }

        if (errno == Errno.None)
        {
            return directory;
        }

        directory.Dispose();
        return null;
    }

    /// <summary>Removes a directory and the pins in it; what is gone already is no error.</summary>
    internal static void Remove(string path)
    {
        foreach (string pin in Names(path))
        {
            Unlink(path + "/" + pin);
        }

        nint result = Sys.unlinkat(path, Sys.AT_REMOVEDIR);
        if (result < 0 && result != -(int)Errno.ENOENT)
        {
            throw LinuxErrors.Refused("rmdir", result, path);
        }
    }

    internal static void Unlink(string path)
    {
        nint result = Sys.unlinkat(path, 0);
        if (result < 0 && result != -(int)Errno.ENOENT)
        {
            throw LinuxErrors.Refused("unlink", result, path);
        }
    }

    /// <summary>What is in a directory; nothing when there is none.</summary>
    internal static IReadOnlyList<string> Names(string path) => TryNames(path) ?? throw LinuxErrors.Refused("readdir", Errno.EACCES, path);

    /// <summary>As <see cref="Names"/>, but null when this process may not look into the directory.</summary>
    internal static IReadOnlyList<string>? TryNames(string path)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
