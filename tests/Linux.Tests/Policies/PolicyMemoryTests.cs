using System.Globalization;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Policies;

/// <summary>The bytes that a policy's maps are said to have, beside what the kernel accounts them with (memlock in fdinfo).</summary>
public sealed class PolicyMemoryTests : LinuxTest
{
    private const long BytesOfAMap = 8 << 10;
    private const long BytesOfAnEntry = 80;

    [Theory]
    [InlineData("otherwise: { by: hash }")]
    [InlineData("otherwise: { by: consistent, sticky: { entries: 65536, idle: 60s } }\nobserve: { sample: 1/10 }")]
    [InlineData("lists: { office: [10.0.0.0/8, 2001:db8::/32] }\nrules:\n  - { when: { source: office }, steer: { by: slot, slot: 1 } }\notherwise: { by: least-loaded }")]
    public void Stated_bytes_are_those_that_the_kernel_accounts_but_for_its_own(string text)
    {
        const int Slots = 64;
        CompiledPolicy compiled = PolicyCompiler.Compile(PolicyYaml.Read($"version: 1\npolicy: memory\n{text}").Policy!, Slots).Compiled!;
        MapSpec[] specs = [.. compiled.Program.Maps, .. compiled.Bank.Tables, .. compiled.Bank.Tables, .. compiled.Bank.Lists, .. compiled.Bank.Lists];
        long accounted = specs.Sum(spec => MemoryOf(Map(spec)));
        long stated = compiled.MemoryBytes(Backend.Info.CpuCount);
        long entries = specs.Where(spec => spec.Type == MapType.LpmTrie).Sum(spec => (long)spec.MaxEntries);
        TestContext.Current.SendDiagnosticMessage($"stated {stated}, accounted {accounted}, {specs.Length} maps, {entries} entries");
        Assert.InRange(accounted, stated - BytesOfAnEntry, stated + (specs.Length * BytesOfAMap) + (entries * BytesOfAnEntry));
    }

    private static long MemoryOf(LinuxMap map)
    {
        using FdLease lease = new(map.Fd);
        string line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{lease.Number}")).Single(line => line.StartsWith("memlock:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(8).Trim(), CultureInfo.InvariantCulture);
    }
}
