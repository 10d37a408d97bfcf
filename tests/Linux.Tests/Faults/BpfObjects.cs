using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Bpf;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>The maps and programs of the kernel, by their ids. (CAP_SYS_ADMIN)</summary>
internal static class BpfObjects
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Ids of all maps and programs: <c>map 7</c>, <c>program 9</c>.</summary>
    public static HashSet<string> Read() =>
        [.. Walk(BpfCommand.BPF_MAP_GET_NEXT_ID).Select(id => Name("map", id)), .. Walk(BpfCommand.BPF_PROG_GET_NEXT_ID).Select(id => Name("program", id))];

    /// <summary>Nothing that is there now and was not before stays, but what other processes hold: the kernel frees after a grace period.</summary>
    public static void RequireNoneSince(HashSet<string> before, string after)
    {
        HashSet<string> added = [.. Read().Except(before)];
        if (!IsGone(added, s_grace))
        {
            added.ExceptWith(HeldByOthers());
            Assert.True(IsGone(added, s_patience), $"{after}: left in the kernel: {string.Join(", ", added)}");
        }
    }

    private static bool IsGone(HashSet<string> objects, TimeSpan patience) => SpinWait.SpinUntil(
        () =>
        {
            objects.IntersectWith(Read());
            if (objects.Count > 0)
            {
                Thread.Sleep(5);
            }

            return objects.Count == 0;
        },
        patience);

    private static IEnumerable<uint> Walk(BpfCommand next)
    {
        for (uint id = 0; ;)
        {
            ObjectIdAttributes attributes = new() { id = id };
            nint result = BpfCall.Invoke(next, ref attributes);
            if (result == -(int)Errno.ENOENT)
            {
                yield break;
            }

            Assert.Equal(0, result);
            yield return id = attributes.next_id;
        }
    }

    private static string Name(string kind, uint id) => string.Create(CultureInfo.InvariantCulture, $"{kind} {id}");

    // Other tests on the machine have maps and programs too.
    private static HashSet<string> HeldByOthers()
    {
        HashSet<string> held = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) && id != Environment.ProcessId))
        {
            try
            {
                foreach (string line in Directory.EnumerateFiles(process + "/fdinfo").SelectMany(File.ReadLines))
                {
                    string[] words = line.Split(':', StringSplitOptions.TrimEntries);
                    if (words[0] is "map_id" or "prog_id")
                    {
                        held.Add(Name(words[0] == "map_id" ? "map" : "program", uint.Parse(words[1], CultureInfo.InvariantCulture)));
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended, or hides what it holds.
            }
        }

        return held;
    }
}
