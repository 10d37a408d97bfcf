using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Linux.Units;

/// <summary>The processes of a systemd unit, whoever started them.</summary>
internal static class UnitProcesses
{
    /// <exception cref="Engine.Backends.BackendException">The name is none of a unit, or no process is in it.</exception>
    internal static IReadOnlyList<int> Find(string name)
    {
        string unit = ControlGroupUnit.Parse(name) ?? throw LinuxErrors.Own(
            "RPS5405", Errno.EINVAL, "read /proc/PID/cgroup", $"'{OpenDescriptors.Printable(name)}' is not the name of a unit.",
            "Write it as systemctl does: nginx, nginx.service, haproxy@a.service, web.slice.");
        int[] processes = [.. OpenDescriptors.Processes().Where(processId => IsIn(processId, unit)).Order()];
        return processes.Length > 0 ? processes : throw LinuxErrors.Own(
            "RPS5404", Errno.ENOENT, "read /proc/PID/cgroup", $"No process that can be seen is in unit '{unit}'.",
            $"Start it (systemctl start {unit}); systemctl status {unit} shows its processes. Units of a user's manager and of containers are not looked for: pipe their processes in.");
    }

    private static bool IsIn(int processId, string unit)
    {
        try
        {
            return ControlGroupUnit.Contains(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/cgroup")), unit);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it ended, or hides
        }
    }
}
