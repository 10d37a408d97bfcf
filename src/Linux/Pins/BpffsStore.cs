using System.Diagnostics;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Pins;

/// <summary>
/// Groups as directories of a BPF file system: <c>g_NAME</c> the pins of a group, <c>t_N_NAME</c> a folder in the making (locked
/// by its maker, so that one whose maker died is told by its free lock), <c>l_NAME</c> the lock that shells take.
/// </summary>
internal sealed class BpffsStore(string root, Action mounted, string lastingNamespace = "/proc/1/ns/mnt") : IPinStore
{
    private const string StandardMount = "/sys/fs/bpf";
    private const string GroupPrefix = "g_";
    private const string MakingPrefix = "t_";
    private const string LockPrefix = "l_";
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lockPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The directory of all groups.</summary>
    internal string Root => root;

    /// <summary>
    /// Whether what is mounted here outlives this shell: not in a mount namespace apart from that of process 1, which goes with
    /// its last process (ip-netns exec makes one). True where process 1 hides its own.
    /// </summary>
    internal bool MountsLast
    {
        get
        {
            Span<byte> lasting = stackalloc byte[64];
            Span<byte> own = stackalloc byte[64];
            nint lastingLength = Sys.readlinkat(lastingNamespace, lasting);
            nint ownLength = Sys.readlinkat("/proc/thread-self/ns/mnt", own);
            return lastingLength < 0 || ownLength < 0 || lasting[..(int)lastingLength].SequenceEqual(own[..(int)ownLength]);
        }
    }

    // Groups in a directory that may not be looked into are other people's: for this process there are none.
    public IReadOnlyList<string> List() =>
    [
        .. (BpffsDirectory.TryNames(root) ?? []).Where(name => name.StartsWith(GroupPrefix, StringComparison.Ordinal))
            .Select(name => GroupName.Decode(name[GroupPrefix.Length..])).OfType<string>().Order(StringComparer.Ordinal),
    ];

    public IPinFolder? Open(string group)
    {
        string path = GroupPath(group);
        using SafeDirectoryFd? directory = BpffsDirectory.TryOpen(path, out Errno errno);
        return directory is not null
            ? new BpffsFolder(path, published: path, making: null, SharedPins.IsSharedFolder(directory))
            : errno == Errno.ENOENT || (errno is Errno.EACCES or Errno.EPERM && BpffsDirectory.TryNames(root) is null)
                ? null
                : throw LinuxErrors.Refused("open", errno, path);
    }

    public void Share(string group, uint unixGroup)
    {
        SharedPins.OpenRoot(root);
        SharedPins.OpenFolder(GroupPath(group), unixGroup);
        SharedPins.OpenLock(LockPath(group), unixGroup);
    }

    public IPinFolder Create(string group, uint? unixGroup = null)
    {
        string path = GroupPath(group);
        EnsureRoot();
        if (unixGroup is not null)
        {
            SharedPins.OpenRoot(root);
        }

        for (int number = 0; ; number++)
        {
            string making = string.Create(CultureInfo.InvariantCulture, $"{root}/{MakingPrefix}{number}_{GroupName.Encode(group)}");
            nint result = Sys.mkdirat(making, BpffsDirectory.OwnerOnly);
            if (result == -(int)Errno.EEXIST)
            {
                continue; // another is making this group, too; who publishes first has it
            }

            if (result < 0)
            {
                throw LinuxErrors.Refused("mkdir", result, making);
            }

            // Somebody may take the new folder for a leftover until it is locked: then another one is made.
            if (BpffsDirectory.TryLock(making, out Errno errno) is SafeDirectoryFd locked)
            {
                return Shared(new BpffsFolder(making, path, locked, unixGroup is not null));
            }

            _ = Sys.unlinkat(making, Sys.AT_REMOVEDIR);
            if (errno is not (Errno.EAGAIN or Errno.ENOENT))
            {
                throw LinuxErrors.Refused("flock", errno, making);
            }

            BpffsFolder Shared(BpffsFolder folder)
            {
                try
                {
                    if (unixGroup is uint id)
                    {
                        SharedPins.OpenFolder(making, id);
                        SharedPins.OpenLock(LockPath(group), id);
                    }

                    return folder;
                }
                catch
                {
                    folder.Dispose();
                    throw;
                }
            }
        }
    }

    public IDisposable Lock(string group)
    {
        _ = GroupPath(group);
        EnsureRoot();
        string path = LockPath(group);
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            nint made = Sys.mkdirat(path, BpffsDirectory.OwnerOnly);
            if (made < 0 && made != -(int)Errno.EEXIST)
            {
                throw LinuxErrors.Refused("mkdir", made, path);
            }

            SafeDirectoryFd? directory = BpffsDirectory.TryLock(path, out Errno errno);
            if (directory is not null)
            {
                RemoveLeftovers(group);
                return new GroupLock(directory, path, GroupPath(group));
            }

            if (errno is not (Errno.EAGAIN or Errno.ENOENT))
            {
                throw LinuxErrors.Refused(errno is Errno.EACCES or Errno.EPERM ? "open" : "flock", errno, path);
            }

            if (Stopwatch.GetElapsedTime(start) > s_lockPatience)
            {
                BackendException busy = LinuxErrors.Refused("flock", Errno.EAGAIN, $"group '{group}'");
                throw new BackendException(Errno.EBUSY, busy.Operation, busy.Diagnostics[0]);
            }

            Thread.Sleep(s_lockPause);
        }
    }

    public void Remove(string group)
    {
        string path = GroupPath(group);
        string gone = string.Create(
            CultureInfo.InvariantCulture, $"{root}/{MakingPrefix}{Environment.ProcessId}-{Environment.CurrentManagedThreadId}_{GroupName.Encode(group)}");
        nint result = Sys.renameat2(path, gone, 0); // out of sight in one step
        if (result == -(int)Errno.ENOENT)
        {
            return;
        }

        if (result < 0)
        {
            throw LinuxErrors.Refused("rename", result, path);
        }

        BpffsDirectory.Remove(gone);
    }

    /// <summary>Makes the root directory; mounts a BPF file system at the standard place when there is none.</summary>
    internal void EnsureRoot()
    {
        if (BpffsDirectory.IsBpffs(root))
        {
            return;
        }

        string parent = Path.GetDirectoryName(root) ?? "/";
        if (!BpffsDirectory.IsBpffs(parent, out Errno hidden))
        {
            if (hidden is Errno.EACCES or Errno.EPERM)
            {
                throw LinuxErrors.Refused("statfs", hidden, parent);
            }

            if (parent != StandardMount)
            {
                throw LinuxErrors.Own(
                    "RPS5080", Errno.EINVAL, "mkdir", $"The pin directory '{root}' is not on a BPF file system.", LinuxErrors.BpffsRemedy);
            }

            if (!MountsLast)
            {
                throw LinuxErrors.Own(
                    "RPS5087", Errno.EPERM, "mount",
                    $"No BPF file system is at {StandardMount} in the mount namespace of this shell, and one mounted here would end with the shell, its groups with it.",
                    LinuxErrors.PrivateMountRemedy);
            }

            nint result = Sys.mount("bpf", StandardMount, "bpf", 0, "mode=0700");
            if (result < 0)
            {
                throw LinuxErrors.Refused("mount", result, StandardMount);
            }

            mounted();
        }

        nint made = Sys.mkdirat(root, BpffsDirectory.OwnerOnly);
        if (made < 0 && made != -(int)Errno.EEXIST)
        {
            throw LinuxErrors.Refused("mkdir", made, root);
        }
    }

    /// <summary>
    /// What shells that died have left: folders in the making, folders on their way out, and pins of the group under temporary names. What resists is tried again by the next who locks a group.
    /// </summary>
    private void RemoveLeftovers(string group)
    {
        try
        {
            foreach (string name in BpffsDirectory.Names(root).Where(name => name.StartsWith(MakingPrefix, StringComparison.Ordinal)))
            {
                string path = root + "/" + name;
                using SafeDirectoryFd? ours = BpffsDirectory.TryLock(path, out _);
                if (ours is not null)
                {
                    BpffsDirectory.Remove(path);
                }
            }

            foreach (string name in BpffsDirectory.Names(GroupPath(group)).Where(name => name.StartsWith(BpffsFolder.TemporaryPrefix, StringComparison.Ordinal)))
            {
                BpffsDirectory.Unlink(GroupPath(group) + "/" + name);
            }
        }
        catch (BackendException)
        {
            // It is in nobody's way.
        }
    }

    private string LockPath(string group) => root + "/" + LockPrefix + GroupName.Encode(group);

    private string GroupPath(string group) => root + "/" + GroupPrefix + GroupName.Encode(group);

    private sealed class GroupLock(SafeDirectoryFd directory, string path, string groupPath) : IDisposable
    {
        public void Dispose()
        {
            if (!directory.IsClosed)
            {
                // While it is locked nobody else holds it; who waits sees that it is gone and makes a new one. Members of a Unix group could make none.
                if (!SharedPins.IsShared(directory) || !Directory.Exists(groupPath))
                {
                    _ = Sys.unlinkat(path, Sys.AT_REMOVEDIR);
                }

                directory.Dispose();
            }
        }
    }
}
