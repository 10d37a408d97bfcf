using System.Globalization;

namespace ReuseportPS.Linux;

/// <summary>The CPUs that the kernel may ever have; a per-CPU map has a value for each.</summary>
internal static class PossibleCpus
{
    private static readonly Lazy<int> s_count = new(static () => CountOf(File.ReadAllText("/sys/devices/system/cpu/possible")));

    internal static int Count => s_count.Value;

    /// <summary>Number of CPUs in a list such as <c>0-3</c> or <c>0,2-5</c>.</summary>
    internal static int CountOf(string list)
    {
        int count = 0;
        foreach (string range in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            if (ends.Length > 2 || !TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last) || last < first)
            {
                throw new FormatException($"'{list}' is not a list of CPUs.");
            }

            count += last - first + 1;
        }

        return count;
    }

    private static bool TryParse(string text, out int cpu) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out cpu);
}
