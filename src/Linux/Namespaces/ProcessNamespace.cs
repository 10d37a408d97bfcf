using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Linux.Namespaces;

/// <summary>
/// A network namespace that may not be entered, seen by way of a process in it: its sockets are in /proc/PID/net, and copies of them come out of the processes that hold them.
/// Holds no descriptor, so that it does not keep the namespace alive. When the process ends, another in the namespace takes its place.
/// </summary>
internal sealed class ProcessNamespace(ulong id, int processId) : INetworkNamespace
{
    private int _processId = processId;

    public ulong Id { get; } = id;

    public string? Hidden => string.Create(
        CultureInfo.InvariantCulture,
        $"Network namespace {Id} may not be entered (setns needs CAP_SYS_ADMIN), so sockets that are bound and do not listen, drops and limits of queues, and sysctls are not seen");

    /// <summary>A process that is in the namespace now.</summary>
    /// <exception cref="BackendException">There is none that can be seen (ENOENT).</exception>
    internal int ProcessId
    {
        get
        {
            if (SocketFinder.NamespaceOf(_processId) != Id)
            {
                _processId = FindProcess(Id) ?? throw LinuxErrors.Own(
                    "RPS5402", Errno.ENOENT, "readlink /proc/PID/ns/net", string.Create(CultureInfo.InvariantCulture, $"No process that can be seen is in network namespace {Id} any more."),
                    "Start the server (or its container) and pipe it in: Get-Process -Id PID | New-ReuseportGroup.");
            }

            return _processId;
        }
    }

    /// <summary>The lowest id of a process in a namespace, or null when none can be seen there.</summary>
    internal static int? FindProcess(ulong id) =>
        OpenDescriptors.Processes().Order().Where(process => SocketFinder.NamespaceOf(process) == id).Select(process => (int?)process).FirstOrDefault();

    public void SetSysctl(string name, long value) => throw Closed();

    public long ReadSysctl(string name) => throw Closed();

    public long ReadCounter(string name) => LinuxNamespace.ReadTcpCounter(string.Create(CultureInfo.InvariantCulture, $"/proc/{ProcessId}/net/netstat"), name);

    public void Dispose()
    {
    }

    /// <summary>The refusal of what can only be done inside.</summary>
    internal BackendException Closed() => LinuxErrors.Refused("setns", Errno.EPERM, string.Create(CultureInfo.InvariantCulture, $"network namespace {Id}"));
}
