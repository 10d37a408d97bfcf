using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux;

/// <summary>
/// Every error number that the kernel's operations are known to give, with what it means and what to do about it. An error
/// that is not in the table is still reported, with its name and number.
/// </summary>
public static class LinuxErrors
{
    /// <summary>Scope of the rows about socket maps.</summary>
    public const string SocketMap = "socket map";

    private const string NeedBpf = "Run as root or with CAP_BPF (setcap, systemd AmbientCapabilities), or use the simulator: Set-ReuseportBackend Simulator.";
    private const string NeedMemory = "Free memory, or raise the limit of the control group.";
    private const string RootOrSimulator = "Run as root, or use the simulator: Set-ReuseportBackend Simulator.";
    private const string LetGoFirst = "Give each socket one seat. Remove it where it is first, or find the other tool that seated it.";
    private const string TryAgain = "Try again. If it is refused again, the manual page of the call and the kernel's log (dmesg) may say why.";
    private const string WrongSocket = "Use a TCP listener or a bound, unconnected UDP socket, and set SO_REUSEPORT before bind.";

    /// <summary>Where a pin directory must be.</summary>
    internal const string BpffsRemedy = "Mount a BPF file system there (mount -t bpf bpf /sys/fs/bpf), or set REUSEPORTPS_BPFFS to a directory on one.";

    private const string PinDirectoryRemedy =
        "Run as root, or with CAP_BPF and a pin directory of one's own (REUSEPORTPS_BPFFS, on a BPF file system; for another user's server CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH too), or use the simulator: Set-ReuseportBackend Simulator.";

    /// <summary>How to keep groups from a shell that has a mount namespace of its own.</summary>
    internal const string PrivateMountRemedy =
        "Enter only the network namespace (nsenter --net=/run/netns/NS in place of ip netns exec), or set REUSEPORTPS_BPFFS to a directory on a BPF file system that lasts.";

    /// <summary>All known errors.</summary>
    public static ImmutableArray<LinuxError> Table { get; } =
    [
        // Any operation.
        new("RPS5001", "", "", Errno.EMFILE, "this process has no file descriptor left", "Raise its limit (ulimit -n, LimitNOFILE=)."),
        new("RPS5001", "", "", Errno.ENFILE, "the system has no file left", "Raise the sysctl fs.file-max."),
        new("RPS5002", "", "", Errno.ENOSYS, "this kernel does not have the system call, or a seccomp filter hides it", "Use a kernel of 5.8 or later, or allow the call in the container's seccomp profile."),
        new("RPS5003", "", "", Errno.ENOMEM, "the kernel has not enough memory", NeedMemory),
        new("RPS5003", "", "", Errno.ENOBUFS, "the kernel has not enough memory for buffers", NeedMemory),
        new("RPS5004", "", "", Errno.EPERM, "it is not permitted", RootOrSimulator),
        new("RPS5004", "", "", Errno.EACCES, "access is denied", RootOrSimulator),

        // Maps.
        new("RPS5010", "BPF_MAP_CREATE", "", Errno.EPERM, "creating maps needs CAP_BPF", NeedBpf),
        new("RPS5011", "BPF_MAP_CREATE", "", Errno.EINVAL, "the kernel does not take this combination of type, sizes and flags", "Check key size, value size, entries (at least 1) and flags against the map type."),
        new("RPS5011", "BPF_MAP_CREATE", "", Errno.E2BIG, "the map is larger than the type allows", "Ask for fewer entries or smaller values."),
        new("RPS5011", "BPF_MAP_CREATE", "", Errno.ENOTSUPP, "this kernel does not have the map type with these properties", "Use another map type or a newer kernel."),
        new("RPS5012", "BPF_MAP_CREATE", "", Errno.ENOMEM, "the kernel has not enough memory for the map", "Ask for fewer entries; on kernels before 5.11 raise RLIMIT_MEMLOCK."),
        new("RPS5013", "BPF_MAP_UPDATE_ELEM", "", Errno.EPERM, "the map is frozen or was made read-only for user space", "Make a new map: a frozen one never changes again."),
        new("RPS5014", "BPF_MAP_UPDATE_ELEM", "", Errno.E2BIG, "the key is beyond the end of the array, or the table is full", "Use a key within the map's entries."),
        new("RPS5015", "BPF_MAP_UPDATE_ELEM", "", Errno.EEXIST, "the key is there already and the update was to create only", "Update with Any or Exist."),
        new("RPS5016", "BPF_MAP_UPDATE_ELEM", "", Errno.ENOENT, "the key is not there and the update was to replace only", "Update with Any or NoExist."),
        new("RPS5017", "BPF_MAP_UPDATE_ELEM", "", Errno.EINVAL, "the kernel does not take this key, value or flag", "Check the update flags, and for a map of maps that the inner map matches its template."),
        new("RPS5018", "BPF_MAP_UPDATE_ELEM", "", Errno.ENOSPC, "the table is full", "Delete entries, or make the map with more."),
        new("RPS5019", "BPF_MAP_UPDATE_ELEM", "", Errno.EBUSY, "the entry is in use at this moment", "Try again."),

        // Socket maps: kernel/bpf/reuseport_array.c.
        new("RPS5020", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.EPERM, "the map is frozen or was made read-only for user space", "Make a new map: a frozen one never changes again."),
        new("RPS5021", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.EINVAL, "the socket is in no reuseport group (not bound, not listening, connected, or bound before SO_REUSEPORT was set), or the flags or the value are not valid", WrongSocket),
        new("RPS5022", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.E2BIG, "the slot is beyond the end of the map", "Use a slot number below the map's entries."),
        new("RPS5023", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.EBADF, "the descriptor is not open", "Acquire the socket again; its owner may have ended."),
        new("RPS5024", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.ENOTSOCK, "the descriptor is not a socket", "Acquire the socket again; its owner closed it and opened another file."),
        new("RPS5025", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.EEXIST, "the slot is occupied and the update was to an empty one only", "Clear the slot first, or update with Any."),
        new("RPS5026", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.ENOENT, "the slot is empty and the update was to an occupied one only", "Update with Any or NoExist."),
        new("RPS5027", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.ENOTSUPP, "only TCP and UDP sockets over IPv4 or IPv6 can be seated (not MPTCP, UNIX, raw or UDP-Lite ones)", "For an MPTCP listener start the server with MPTCP off (Go: GODEBUG=multipathtcp=0)."),
        new("RPS5028", "BPF_MAP_UPDATE_ELEM", SocketMap, Errno.EBUSY, "the socket sits in a slot already, of this map or of another one", LetGoFirst),
        new("RPS5029", "BPF_MAP_LOOKUP_ELEM", SocketMap, Errno.ENOSPC, "a socket map with 4-byte values cannot be read", "Make the map with 8-byte values."),
        new("RPS5022", "BPF_MAP_DELETE_ELEM", SocketMap, Errno.E2BIG, "the slot is beyond the end of the map", "Use a slot number below the map's entries."),
        new("RPS5030", "BPF_MAP_DELETE_ELEM", SocketMap, Errno.ENOENT, "the slot is empty", "Nothing is left to do: the kernel empties a slot itself when its socket goes."),
        new("RPS5020", "BPF_MAP_DELETE_ELEM", SocketMap, Errno.EPERM, "the map is frozen or was made read-only for user space", "Make a new map: a frozen one never changes again."),
        new("RPS5031", "BPF_MAP_LOOKUP_ELEM", "", Errno.EINVAL, "the kernel does not take this lookup", "Look up without flags."),
        new("RPS5031", "BPF_MAP_LOOKUP_ELEM", "", Errno.EPERM, "the map was made write-only for user space", "Open the map with the rights it was made with."),
        new("RPS5032", "BPF_MAP_DELETE_ELEM", "", Errno.ENOENT, "the key is not there", "Nothing is left to do."),
        new("RPS5032", "BPF_MAP_DELETE_ELEM", "", Errno.EINVAL, "entries of this map type cannot be deleted", "Write zeros instead."),
        new("RPS5013", "BPF_MAP_DELETE_ELEM", "", Errno.EPERM, "the map is frozen or was made read-only for user space", "Make a new map: a frozen one never changes again."),
        new("RPS5033", "BPF_MAP_FREEZE", "", Errno.EPERM, "the map is frozen already or was made read-only for user space", "Nothing is left to do."),
        new("RPS5033", "BPF_MAP_FREEZE", "", Errno.EBUSY, "somebody is writing to the map", "Try again when the writer is done."),
        new("RPS5033", "BPF_MAP_FREEZE", "", Errno.ENOTSUPP, "this map type cannot be frozen", "Make it read-only for user space when it is created."),
        new("RPS5034", "BPF_OBJ_GET_INFO_BY_FD", "", Errno.EINVAL, "the descriptor is not a map or program", "Open the pin again."),

        // Attaching: net/core/sock_reuseport.c, net/core/filter.c.
        new("RPS5040", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.EINVAL, "the socket is in no reuseport group (no SO_REUSEPORT at bind, connected, accepted), or the program is of another type", "Attach a SK_REUSEPORT program through an unconnected member of the group."),
        new("RPS5041", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.EPERM, "the socket has SO_LOCK_FILTER set", "Attach through another member of the group: the lock holds for one socket only and cannot be taken off."),
        new("RPS5042", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.EBADF, "the program's descriptor is not open", "Load the program again."),
        new("RPS5043", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.ENOTSUPP, "only TCP and UDP sockets over IPv4 or IPv6 have reuseport groups", WrongSocket),
        new("RPS5044", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.ENOMEM, "the program is larger than net.core.optmem_max, or memory is short", "Raise the sysctl net.core.optmem_max."),
        new("RPS5045", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.EOPNOTSUPP, "an MPTCP socket cannot be attached through", "Attach through a plain TCP member of the group, or start the server with MPTCP off."),
        new("RPS5046", "SO_ATTACH_REUSEPORT_EBPF", "", Errno.EFAULT, "the option's value is not readable", "This is a defect of this module: report it."),
        new("RPS5040", "SO_ATTACH_REUSEPORT_CBPF", "", Errno.EINVAL, "the program is not one that the kernel takes, or the socket is in no reuseport group (no SO_REUSEPORT at bind, connected, accepted)", "Attach a program that ClassicChecker accepts, through an unconnected member of the group."),
        new("RPS5041", "SO_ATTACH_REUSEPORT_CBPF", "", Errno.EPERM, "the socket has SO_LOCK_FILTER set", "Attach through another member of the group: the lock holds for one socket only and cannot be taken off."),
        new("RPS5044", "SO_ATTACH_REUSEPORT_CBPF", "", Errno.ENOMEM, "the program is larger than net.core.optmem_max, or memory is short", "Raise the sysctl net.core.optmem_max."),
        new("RPS5045", "SO_ATTACH_REUSEPORT_CBPF", "", Errno.EOPNOTSUPP, "an MPTCP socket cannot be attached through", "Attach through a plain TCP member of the group, or start the server with MPTCP off."),
        new("RPS5047", "SO_DETACH_REUSEPORT_BPF", "", Errno.ENOENT, "the group has no program", "Nothing is left to do."),
        new("RPS5048", "SO_DETACH_REUSEPORT_BPF", "", Errno.EINVAL, "the socket is in no reuseport group and has no SO_REUSEPORT", "Detach through a member of the group."),
        new("RPS5046", "SO_DETACH_REUSEPORT_BPF", "", Errno.EFAULT, "the option's value is not readable", "This is a defect of this module: report it."),
        new("RPS5049", "SO_DETACH_REUSEPORT_BPF", "", Errno.ENOPROTOOPT, "this kernel cannot detach", "Use a kernel of 5.3 or later, or close all members of the group."),

        // Sockets.
        new("RPS5050", "bind", "", Errno.EADDRINUSE, "the address is taken: by a socket without SO_REUSEPORT, by one of another user, or the group is full (32768 members)", "Set SO_REUSEPORT on every socket of the address before bind, as the same user. A socket that has a program attached cannot join a group either."),
        new("RPS5050", "listen", "", Errno.EADDRINUSE, "the address is taken by a listener outside the group", "Set SO_REUSEPORT on every socket of the address before bind, as the same user."),
        new("RPS5051", "listen", "", Errno.ENOMEM, "the group is full (32768 members), or memory is short", "Close members, or listen on another address."),
        new("RPS5052", "bind", "", Errno.EADDRNOTAVAIL, "the address is not one of this host in this network namespace", "Bind to a local address or to the wildcard."),
        new("RPS5053", "bind", "", Errno.EACCES, "ports below net.ipv4.ip_unprivileged_port_start are privileged", "Use a higher port, or CAP_NET_BIND_SERVICE."),
        new("RPS5054", "bind", "", Errno.EINVAL, "the socket is bound already, or the address is of another family", "Bind a socket once, with an address of its family."),
        new("RPS5055", "connect", "", Errno.ECONNREFUSED, "nobody listens there, or the group's program rejected the connection", "Check the address and the policy's rejects."),
        new("RPS5055", "send", "", Errno.ECONNREFUSED, "an earlier datagram was answered with port unreachable: nobody listens there, or the group's program rejected it", "Check the address and the policy's rejects."),
        new("RPS5056", "connect", "", Errno.ETIMEDOUT, "no answer within two seconds", "Check the address, routes and filters; a full accept queue looks the same."),
        new("RPS5057", "connect", "", Errno.ENETUNREACH, "no route leads there", "Check the routes of the network namespace."),
        new("RPS5057", "sendto", "", Errno.ENETUNREACH, "no route leads there", "Check the routes of the network namespace."),
        new("RPS5058", "SO_REUSEPORT", "", Errno.EOPNOTSUPP, "only IPv4 and IPv6 sockets have the option", WrongSocket),
        new("RPS5059", "SO_BINDTODEVICE", "", Errno.ENODEV, "the network namespace has no device of that name", "Check the device's name."),

        // Programs.
        new("RPS5060", "BPF_PROG_LOAD", "", Errno.EPERM, "loading programs needs CAP_BPF (tracing ones CAP_PERFMON too), or this kernel refuses the type", NeedBpf),
        new("RPS5061", "BPF_PROG_LOAD", "", Errno.EACCES, "the verifier refused the program", "Read the verifier's log in the exception; Test-SteeringProgram shows the same finding with its place."),
        new("RPS5061", "BPF_PROG_LOAD", "", Errno.EINVAL, "the verifier refused the program", "Read the verifier's log in the exception; Test-SteeringProgram shows the same finding with its place."),
        new("RPS5061", "BPF_PROG_LOAD", "", Errno.ENOTSUPP, "the kernel does not support something that the program uses", "Read the verifier's log in the exception."),
        new("RPS5062", "BPF_PROG_LOAD", "", Errno.E2BIG, "the program is empty, too long, or too complex to verify", "Make the program smaller: fewer rules, shorter lists as LPM tables."),
        new("RPS5063", "BPF_PROG_LOAD", "", Errno.EAGAIN, "the verifier was interrupted again and again", "Try again."),
        new("RPS5064", "BPF_PROG_LOAD", "", Errno.ENOMEM, "no memory is left for the program's code", "Raise the sysctl net.core.bpf_jit_limit, or unload programs."),

        new("RPS5067", "BPF_PROG_GET_FD_BY_ID", "", Errno.EPERM, "opening a program by its id needs CAP_SYS_ADMIN", "Run with CAP_SYS_ADMIN; without it the program that a group had before cannot be put back."),

        new("RPS5091", "BPF_BTF_LOAD", "", Errno.EPERM, "loading types needs CAP_BPF", NeedBpf),
        new("RPS5092", "BPF_BTF_LOAD", "", Errno.EINVAL, "the kernel does not take the types", "Read the log in the exception; the object may be made by a compiler that is newer than the kernel."),
        new("RPS5092", "BPF_BTF_LOAD", "", Errno.E2BIG, "the types are larger than 16 MB", "Split the object."),

        // Other processes.
        new("RPS5070", "pidfd_open", "", Errno.ESRCH, "the process has ended", "Find the sockets again."),
        new("RPS5071", "pidfd_getfd", "", Errno.EPERM, "copying another user's socket needs CAP_SYS_PTRACE, and Yama or a security module can forbid it", "Run with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, or as the server's own user; check kernel.yama.ptrace_scope."),
        new("RPS5078", "pidfd_getfd", "", Errno.ENOTSUPP, "it is part of an MPTCP socket (Go's default listener), which cannot be seated: errno 524", "Start the server with MPTCP off (Go: GODEBUG=multipathtcp=0)."),
        new("RPS5072", "pidfd_getfd", "", Errno.EBADF, "the process has closed the descriptor", "Find the sockets again."),
        new("RPS5070", "pidfd_getfd", "", Errno.ESRCH, "the process has ended", "Find the sockets again."),
        new("RPS5073", "readdir /proc/PID/fd", "", Errno.EACCES, "another user's descriptors are hidden", "Run with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, or as the server's own user."),
        new("RPS5070", "readdir /proc/PID/fd", "", Errno.ENOENT, "there is no such process", "Check the process id."),

        // Namespaces.
        new("RPS5075", "unshare", "", Errno.EPERM, "making a network namespace needs CAP_SYS_ADMIN", RootOrSimulator),
        new("RPS5076", "setns", "", Errno.EPERM, "entering a network namespace needs CAP_SYS_ADMIN", "Run with CAP_SYS_ADMIN, or inside the namespace (nsenter, kubectl exec)."),
        new("RPS5077", "open /proc/PID/ns/net", "", Errno.EACCES, "the namespace of another user's process is hidden", "Run with CAP_SYS_PTRACE, or as the server's own user."),
        new("RPS5070", "open /proc/PID/ns/net", "", Errno.ENOENT, "there is no such process", "Check the process id."),

        // Pins.
        new("RPS5080", "mkdir", "", Errno.EPERM, "the directory is not on a BPF file system, or its name has a dot", BpffsRemedy),
        new("RPS5081", "mkdir", "", Errno.EACCES, "the pin directory is not writable", PinDirectoryRemedy),
        new("RPS5081", "statfs", "", Errno.EACCES, "the pin directory cannot be looked into", PinDirectoryRemedy),
        new("RPS5081", "open", "", Errno.EACCES, "the directory of pins belongs to another user", PinDirectoryRemedy),
        new("RPS5081", "readdir", "", Errno.EACCES, "the directory of pins belongs to another user", PinDirectoryRemedy),
        new("RPS5088", "chown", "", Errno.EPERM, "giving pins to a Unix group takes CAP_CHOWN, or being their owner and a member of the group", "Run as root, or name a Unix group that you are in."),
        new("RPS5088", "chmod", "", Errno.EPERM, "the directory belongs to another user", "Run as root, or set REUSEPORTPS_BPFFS to a directory of one's own on a BPF file system."),
        new("RPS5082", "rename", "", Errno.EEXIST, "a group of that name is there already", "Choose another name, or remove the group first: Remove-ReuseportGroup."),
        new("RPS5083", "flock", "", Errno.EAGAIN, "another shell has been changing the group for over five seconds", "Try again when it is done."),
        new("RPS5081", "BPF_OBJ_PIN", "", Errno.EACCES, "the pin directory is not writable", PinDirectoryRemedy),
        new("RPS5080", "BPF_OBJ_PIN", "", Errno.EPERM, "the directory is not on a BPF file system, or it needs CAP_BPF", BpffsRemedy),
        new("RPS5081", "BPF_OBJ_GET", "", Errno.EACCES, "the pin belongs to another user", "Run as its owner, or open the pins to a group."),
        new("RPS5081", "BPF_OBJ_GET", "", Errno.EPERM, "the pin cannot be opened", "Run as its owner or with CAP_BPF."),
        new("RPS5085", "mount", "", Errno.EPERM, "mounting a BPF file system needs CAP_SYS_ADMIN", "Mount it once at boot: mount -t bpf bpf /sys/fs/bpf."),
    ];

    private static readonly FrozenDictionary<(string Operation, string Scope, Errno Errno), LinuxError> s_rows =
        Table.ToFrozenDictionary(row => (row.Operation, row.Scope, row.Errno));

    /// <summary>The row for an error, or null: first of the operation and scope, then of the operation, then of any.</summary>
    public static LinuxError? Find(string operation, Errno errno, string scope = "") =>
        s_rows.TryGetValue((operation, scope, errno), out LinuxError? row) || s_rows.TryGetValue((operation, "", errno), out row)
            || s_rows.TryGetValue(("", "", errno), out row)
            ? row
            : null;

    /// <summary>The exception for an operation that the kernel refused.</summary>
    /// <param name="operation">Operation, as in the table.</param>
    /// <param name="errno">What it answered.</param>
    /// <param name="target">The object, as the user knows it.</param>
    /// <param name="scope">Scope, as in the table.</param>
    /// <param name="log">The verifier's log.</param>
    /// <param name="location">The instruction or line that was refused.</param>
    internal static BackendException Refused(
        string operation, Errno errno, string target, string scope = "", string? log = null, SourceLocation? location = null)
    {
        LinuxError? row = Find(operation, errno, scope);
        string cause = row?.Cause ?? "the kernel refused";
        string detail = Summary(log) is string last ? $" The verifier says: {last}" : "";
        return new BackendException(
            errno, operation,
            Diagnostic.Error(row?.Code ?? "RPS5000", $"{operation} on {target} failed: {cause} ({Name(errno)}).{detail}", location, row?.Remedy ?? TryAgain), log);
    }

    /// <summary>The exception for a result of <see cref="Interop.Sys"/>.</summary>
    internal static BackendException Refused(string operation, nint result, string target, string scope = "") =>
        Refused(operation, (Errno)(int)-result, target, scope);

    /// <summary>A refusal of this project's own.</summary>
    internal static BackendException Own(string code, Errno errno, string operation, string message, string remedy) =>
        new(errno, operation, Diagnostic.Error(code, message, remedy: remedy));

    /// <summary>The kernel's name of an error number, or its number.</summary>
    internal static string Name(Errno errno) => Enum.GetName(errno) ?? string.Create(CultureInfo.InvariantCulture, $"errno {(int)errno}");

    // The line of a verifier log that says what is wrong: the last one before the statistics.
    private static string? Summary(string? log) => log?
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .LastOrDefault(line => !line.StartsWith("processed ", StringComparison.Ordinal)
            && !line.StartsWith("verification time", StringComparison.Ordinal) && !line.StartsWith("stack depth", StringComparison.Ordinal));
}
