using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux.Pins;

/// <summary>A Unix group by its name in /etc/group, or by its number.</summary>
internal static class UnixGroup
{
    /// <exception cref="Engine.Backends.BackendException">No group has the name (RPS5407).</exception>
    internal static uint Find(string name, string file = "/etc/group")
    {
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number != uint.MaxValue)
        {
            return number;
        }

        try
        {
            foreach (string line in File.ReadLines(file))
            {
                if (line.Split(':') is [string known, _, string id, ..] && known == name && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out number))
                {
                    return number;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then no name is known.
        }

        throw LinuxErrors.Own(
            "RPS5407", Errno.EINVAL, "chown", $"There is no Unix group '{Sockets.OpenDescriptors.Printable(name)}' in {file}.",
            "Make it (groupadd), or give the number of a group that is kept elsewhere: getent group NAME shows it.");
    }
}
