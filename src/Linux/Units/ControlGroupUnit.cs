namespace ReuseportPS.Linux.Units;

/// <summary>Which systemd unit a process is in, by its /proc/PID/cgroup (cgroups(7)). No I/O; the text may say anything.</summary>
internal static class ControlGroupUnit
{
    private const string Slice = ".slice";
    private const int MaxNameLength = 255;

    /// <summary>The name of a unit as systemctl takes it: <c>nginx</c> is <c>nginx.service</c>. Null for what cannot be one.</summary>
    internal static string? Parse(string name)
    {
        string full = name.Contains('.', StringComparison.Ordinal) ? name : name + ".service";
        return name.Length > 0 && name[0] != '.' && full[^1] != '.' && full.Length <= MaxNameLength && full.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '-' or '_' or '.' or '\\' or '@')
            ? full
            : null;
    }

    /// <summary>
    /// Whether a process is in a unit of the system's manager: a slice that its control group is under, or the first part of the path that is no slice. What is below that part is the unit's own doing: a user
    /// manager or a container may call its groups what it likes.
    /// </summary>
    /// <param name="lines">The file: <c>HIERARCHY:CONTROLLERS:PATH</c>.</param>
    /// <param name="unit">The unit, with its suffix.</param>
    internal static bool Contains(IEnumerable<string> lines, string unit)
    {
        string? unified = null;
        string? named = null;
        foreach (string line in lines)
        {
            // A path may have colons.
            switch (line.Split(':', 3))
            {
                case ["0", "", string path]:
                    unified = path;
                    break;
                case [_, "name=systemd", string path]:
                    named = path;
                    break;
            }
        }

        // Beside version 1, systemd keeps its units in the hierarchy of its name.
        return (named ?? unified) is string place && IsUnder(place, unit);
    }

    private static bool IsUnder(string path, string unit)
    {
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." || !part.EndsWith(Slice, StringComparison.Ordinal))
            {
                return part == unit || part == "_" + unit; // so systemd writes a name that the kernel could take for a file of its own (cg_escape)
            }

            if (part == unit)
            {
                return true;
            }
        }

        return false;
    }
}
