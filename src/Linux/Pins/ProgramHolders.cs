using System.Globalization;
using System.Text;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Environments;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Linux.Pins;

/// <summary>
/// Who holds a program beside the sockets that it is attached to, and beside this process: other processes, by /proc/PID/fdinfo, and pins in the BPF file systems of this mount namespace.
/// What another process hides, and what is pinned in a mount namespace apart, is not seen.
/// </summary>
internal static class ProgramHolders
{
    /// <summary>Finds them.</summary>
    /// <param name="programId">The program.</param>
    internal static IEnumerable<string> Find(uint programId) => FindPins(programId).Concat(FindProcesses(programId));

    private static IEnumerable<string> FindProcesses(uint programId)
    {
        string wanted = string.Create(CultureInfo.InvariantCulture, $"prog_id:\t{programId}");
        foreach (int processId in OpenDescriptors.Processes().Where(id => id != Environment.ProcessId).Order())
        {
            List<int> programs = [];
            _ = DescriptorLinks.Visit(processId, (descriptor, target) =>
            {
                if (target.SequenceEqual("anon_inode:bpf-prog"u8))
                {
                    programs.Add(descriptor);
                }

                return true;
            });
            string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}");
            if (programs.Any(descriptor => ReadLines(string.Create(CultureInfo.InvariantCulture, $"{process}/fdinfo/{descriptor}")).Contains(wanted, StringComparer.Ordinal)))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"process {processId} ({HostFile.ReadLine($"{process}/comm") ?? "ended"})");
            }
        }
    }

    private static IEnumerable<string> FindPins(uint programId)
    {
        foreach (string mount in Mounts())
        {
            Stack<string> directories = new([mount]);
            while (directories.TryPop(out string? directory))
            {
                foreach (string path in (BpffsDirectory.TryNames(directory) ?? []).Select(name => $"{directory.TrimEnd('/')}/{name}"))
                {
                    if (new DirectoryInfo(path) is { Exists: true, LinkTarget: null })
                    {
                        directories.Push(path);
                    }
                    else if (IsPinOf(path, programId))
                    {
                        yield return $"pin {path}";
                    }
                }
            }
        }
    }

    private static bool IsPinOf(string path, uint programId)
    {
        nint result = BpfCall.Get(path);
        if (result < 0)
        {
            return false;
        }

        // A pin may be of a map or of a link: the descriptor says what it is of.
        using SafeProgramFd pinned = new(result);
        return ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{result}")).Contains(string.Create(CultureInfo.InvariantCulture, $"prog_id:\t{programId}"), StringComparer.Ordinal);
    }

    // proc_pid_mountinfo(5): the mount point is the fifth field, the type the one after the lone dash.
    private static IEnumerable<string> Mounts() => ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
        .Where(fields => fields.SkipWhile(field => field != "-").Skip(1).FirstOrDefault() == "bpf").Select(fields => Unescape(fields[4])).Distinct(StringComparer.Ordinal);

    private static string Unescape(string path)
    {
        StringBuilder text = new(path);
        foreach ((string escaped, string plain) in new[] { (@"\040", " "), (@"\011", "\t"), (@"\012", "\n"), (@"\134", "\\") })
        {
            text.Replace(escaped, plain);
        }

        return text.ToString();
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or hides what it holds.
            return [];
        }
    }
}
