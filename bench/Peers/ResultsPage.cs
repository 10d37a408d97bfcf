using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ReuseportPS.Bench.Peers;

/// <summary>bench/RESULTS.md: what the last comparison measured.</summary>
internal static class ResultsPage
{
    private const string PoliciesHeading = "## Policies beside clang";

    public static void Write(string path, IReadOnlyList<IContender> contenders, Measurements measurements, IReadOnlyList<PolicyTimes> policies, IEnumerable<Target> targets)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Side by side with other engines

            Written by `dotnet run -c Release --project bench -- peers`; do not edit. {DateTime.UtcNow:yyyy-MM-dd}, {Processor()}, {Environment.ProcessorCount} processors,
            {RuntimeInformation.OSDescription.Split('#')[0].Trim()}, .NET {Environment.Version}.

            Nanoseconds of thread CPU time per run of a program, median of 9 samples; the engines took turns on one processor. All but the kernel run the same bytecode
            over the same {PacketSet.Count} packets, and gave every packet the same slot and value. The kernel runs the same source as SCHED_CLS: again and again over each
            of 8 packets, so that its branches are always foreseen; once for each packet in a system call of its own; and in a loop over all packets within one run, as
            a batch is. What the program itself takes there is the loop's figure less that of the empty program: what is around a run of the first kind takes longer than
            most programs, and overlaps with them, so that a difference of two such figures says little. What is around the program in the loop is kept as short as it can be
            for the same reason: no calls, four packets for one turn. Programs: `bench/programs`.

            | program |
            """);
        page.AppendJoin("", contenders.Select(engine => $" {engine.Name} |")).Append("\n|---|").AppendJoin("", contenders.Select(_ => "---|")).Append('\n');
        foreach (PeerProgram program in PeerProgram.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {program.Name} ({program.Spec.InstructionSlots} instructions) |");
            foreach (IContender engine in contenders)
            {
                page.Append(measurements.Median(program.Name, engine.Name) is double median ? string.Create(CultureInfo.InvariantCulture, $" {median:0.00} |") : " refuses |");
            }

            page.Append('\n');
        }

        Append(page, policies);
        page.Append("\n| target | compared | measured | bound | |\n|---|---|---|---|---|\n");
        foreach (Target target in targets)
        {
            string value = target.Value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";
            page.Append(CultureInfo.InvariantCulture, $"| {target.Id} | {target.Text} | {value} | {(target.IsLeast ? "at least" : "at most")} {target.Bound:0.00} | {target.Outcome} |\n");
        }

        string? kept = File.Exists(path) ? PoliciesPart(File.ReadAllText(path)) : null;
        File.WriteAllText(path, kept is null ? page.ToString() : $"{page}\n{kept}");
    }

    /// <summary>Puts the part on policies beside clang in the place of the one that is there.</summary>
    public static void WritePolicies(string path, string part)
    {
        string page = File.Exists(path) ? File.ReadAllText(path) : "";
        string before = PoliciesPart(page) is string kept ? page[..^kept.Length] : page + "\n";
        File.WriteAllText(path, before + part);
    }

    private static string? PoliciesPart(string page) => page.IndexOf(PoliciesHeading, StringComparison.Ordinal) is >= 0 and int at ? page[at..] : null;

    private static void Append(StringBuilder page, IReadOnlyList<PolicyTimes> policies)
    {
        page.Append(CultureInfo.InvariantCulture, $"""

            This project's policies, compiled, over {PolicyPackets.Count} IPv4 packets, with their counters, epoch and banks; addresses and ports come by helpers, which are calls
            out of the program. The single form is one call for each packet. Every form gave each packet the slot of the plain evaluator, and counted the same.

            | policy | instructions per packet |
            """);
        page.AppendJoin("", policies[0].Nanoseconds.Select(one => $" {one.Form} |")).Append("\n|---|---|").AppendJoin("", policies[0].Nanoseconds.Select(_ => "---|")).Append('\n');
        foreach (PolicyTimes policy in policies)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {policy.Name} ({policy.InstructionSlots} instructions) | {policy.InstructionsPerPacket:0.0} |");
            foreach ((string _, double nanoseconds) in policy.Nanoseconds)
            {
                page.Append(CultureInfo.InvariantCulture, $" {nanoseconds:0.0} |");
            }

            page.Append('\n');
        }
    }

    private static string Processor() =>
        File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is string line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]
            : RuntimeInformation.ProcessArchitecture.ToString();
}
