using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Cpus;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Simulator.Snapshots;

namespace ReuseportPS.Simulator.Tests.Snapshots;

public sealed class SnapshotTests
{
    private const int Mutations = 2000;

    private static readonly SteeringPolicy s_other = SnapshotHost.Read("version: 1\npolicy: other\nrules:\n- { when: { fraction: 40% }, steer: { by: slot, slot: 3 } }\notherwise: { by: round-robin }");

    [Fact]
    public void What_is_made_of_a_snapshot_is_the_same_again()
    {
        using SnapshotHost there = SnapshotHost.Full();
        string document = there.DocumentText();
        using SnapshotHost here = new(Read(document));
        Assert.Equal(document, here.DocumentText());

        // And it holds what the test means to compare.
        SnapshotGroup web = there.Snapshot().Groups[1];
        Assert.Equal("web", web.Name);
        Assert.Equal(SlotState.Draining, web.Slots[1].State);
        Assert.All(web.Slots[2].Seats, cookie => Assert.Equal(0UL, cookie));
        Assert.Equal((7u, 9u), (web.Slots[0].Load, web.Slots[3].Load));
        Assert.True(web.Slots[0].LoadAge > web.Slots[3].LoadAge);
        Assert.True(web.Epoch > 0);
        Assert.NotEmpty(web.StickyFlows);
        Assert.NotEmpty(web.Flows);
        Assert.All(web.KernelGroups, group => Assert.Equal(4, group.Members.Length));
        Assert.Contains(web.Counters, counter => counter.Kind == CounterKind.Rule && counter.Value > 0);
    }

    [Fact]
    public void Previews_are_the_same_there_and_here()
    {
        using SnapshotHost there = SnapshotHost.Full();
        using SnapshotHost here = new(Read(there.DocumentText()));
        Assert.Equal(Previews(there), Previews(here));

        // One slot's state less, and they are not.
        using SnapshotHost other = new(Read(there.DocumentText().Replace("\"Draining\"", "\"Active\"", StringComparison.Ordinal)));
        Assert.NotEqual(Previews(there), Previews(other));
    }

    [Fact]
    public void The_host_that_previews_pretend_to_have_is_kept()
    {
        SimulatorOptions options = new()
        {
            Seed = 9,
            CpuCount = 4,
            NumaNodes = [0, 0, 1, 1],
            KernelVersion = "6.6",
            PacketCpuSource = PacketCpuSource.Rss,
            PinnedCpu = 2,
            ReceiveSideScaling = new ReceiveSideScaling([.. Enumerable.Range(0, 40).Select(i => (byte)i)], [3, 1, 2], 4, udpPorts: true),
        };
        using SnapshotHost there = new(options);
        string document = there.DocumentText();
        using SnapshotHost here = new(Read(document));
        Assert.Equal(document, here.DocumentText());
        Assert.Equal((options.Seed, options.PacketCpuSource, options.PinnedCpu), (here.Backend.Options.Seed, here.Backend.Options.PacketCpuSource, here.Backend.Options.PinnedCpu));
        Assert.Equal(options.ReceiveSideScaling.Key.AsEnumerable(), here.Backend.Options.ReceiveSideScaling!.Key.AsEnumerable());
    }

    [Fact]
    public void An_adopted_group_is_adopted_again()
    {
        using SnapshotHost there = SnapshotHost.Small();
        string document = there.DocumentText().Replace("\"ownership\": \"Owned\"", "\"ownership\": \"Adopted\"", StringComparison.Ordinal);
        using SnapshotHost here = new(Read(document));
        Assert.Equal(document, here.DocumentText());
        Assert.Equal(there.Groups.Find("web")!.Epoch, here.Groups.Find("web")!.Epoch);

        // Nothing of it is stale: another policy is a change like any other.
        using ManagedGroup group = here.Groups.Find("web")!;
        Assert.Equal(PolicyChange.None, group.Plan(group.Policy!).Change);
        Assert.Equal(PolicyChange.Program, group.Apply(SnapshotHost.Read("version: 1\notherwise: { by: hash }")).Change);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "RPS5391")]
    [InlineData("\"format\": \"reuseport-snapshot\"", "\"format\": \"other\"", "RPS5391")]
    [InlineData("\"seed\": 3", "\"seed\": -3", "RPS5393")]
    [InlineData("\"seed\": 3", "\"seed\": 3, \"seed\": 3", "RPS5390")]
    [InlineData("\"seed\": 3", "\"seed\": 3, \"more\": 3", "RPS5393")]
    [InlineData("\"seed\": 3", "\"\\ud800\": 3", "RPS539")]
    [InlineData("\"cpuCount\": 2,\n    \"numaNodes\": []", "\"cpuCount\": 5000,\n    \"numaNodes\": []", "RPS5393")]
    [InlineData("\"state\": \"Active\"", "\"state\": \"1\"", "RPS5393")]
    [InlineData("\"slot\": 0", "\"slot\": 1", "RPS5394")]
    [InlineData("\"address\": \"127.0.0.1\"", "\"address\": \"::1\"", "RPS5394")]
    [InlineData("\"destinationPort\": 5443", "\"destinationPort\": 5444", "RPS5394")]
    [InlineData("\"policy\": \"version: 1", "\"policy\": \"version: 9", "RPS5395")]
    [InlineData("weights:", "wights:", "RPS5395")]
    [InlineData("\"name\": \"web\"", "\"name\": \"../web\"", "RPS5396")]
    [InlineData("\"name\": \"web\"", "\"name\": \"\\udc00\"", "RPS5393")]
    public void A_damaged_snapshot_is_refused_with_its_code(string from, string to, string code)
    {
        using SnapshotHost host = SnapshotHost.Small();
        string document = host.DocumentText();
        int at = document.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, document);
        Diagnostic finding = Assert.Single(Outcome(Encoding.UTF8.GetBytes(document[..at] + to + document[(at + from.Length)..])));
        Assert.StartsWith(code, finding.Code, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(finding.Remedy));
    }

    [Fact]
    public void Mutated_snapshots_are_read_or_refused_with_a_diagnostic()
    {
        using SnapshotHost host = SnapshotHost.Small();
        byte[] document = host.Document();
        Dictionary<string, int> outcomes = [];
        for (int seed = 0; seed < Mutations; seed++)
        {
            byte[] mutated = Mutate(document, new Random(seed));
            try
            {
                ImmutableArray<Diagnostic> findings = Outcome(mutated);
                Assert.All(findings, finding => Assert.StartsWith("RPS539", finding.Code, StringComparison.Ordinal));
                Assert.All(findings, finding => Assert.False(string.IsNullOrEmpty(finding.Remedy)));
                string outcome = findings.IsEmpty ? "read" : findings[0].Code;
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception exception)
            {
                Assert.Fail($"Seed {seed}: {exception}\n{Encoding.UTF8.GetString(mutated)}");
            }
        }

        // The mutations reach what they are meant to reach.
        string summary = string.Join(", ", outcomes.Select(outcome => string.Create(CultureInfo.InvariantCulture, $"{outcome.Key} {outcome.Value}")).Order());
        TestContext.Current.SendDiagnosticMessage(summary);
        Assert.All((string[])["read", "RPS5390", "RPS5393", "RPS5394", "RPS5395"], outcome => Assert.True(outcomes.ContainsKey(outcome), summary));
    }

    [Fact]
    public void Masked_flows_stay_apart_and_prefixes_together()
    {
        using SnapshotHost host = SnapshotHost.Full();
        SnapshotGroup web = host.Snapshot().Groups[1];
        SnapshotGroup masked = web.Masked(new AddressMask("key"u8.ToArray()));
        Assert.Equal(web.Flows.Length, masked.Flows.Select(flow => flow.Flow).Distinct().Count());
        Assert.All(web.Flows, flow => Assert.DoesNotContain(flow.Remote, masked.Flows.Select(other => other.Remote)));
        Assert.Equal(web.Flows.Select(flow => flow.Local).Order(EndPoints), masked.Flows.Select(flow => flow.Local).Order(EndPoints));
        Assert.Equal(masked.Flows.AsEnumerable(), web.Masked(new AddressMask("key"u8.ToArray())).Flows.AsEnumerable());
        Assert.NotEqual(masked.Flows.AsEnumerable(), web.Masked(new AddressMask("yek"u8.ToArray())).Flows.AsEnumerable());

        HostSnapshot snapshot = host.Snapshot() with { Groups = [masked], HasMaskedAddresses = true };
        string document = Encoding.UTF8.GetString(SnapshotWriter.Write(snapshot));
        using SnapshotHost here = new(Read(document));
        Assert.Equal(document, Encoding.UTF8.GetString(SnapshotWriter.Write(here.Snapshot() with { HasMaskedAddresses = true })));
    }

    private static Comparer<System.Net.IPEndPoint> EndPoints { get; } = Comparer<System.Net.IPEndPoint>.Create((one, other) => string.CompareOrdinal(one.ToString(), other.ToString()));

    private static HostSnapshot Read(string document)
    {
        SnapshotReading reading = SnapshotReader.Read(Encoding.UTF8.GetBytes(document), "there.json");
        Assert.Empty(reading.Diagnostics);
        return reading.Snapshot!;
    }

    /// <summary>Nothing when it can be imported; else why not.</summary>
    private static ImmutableArray<Diagnostic> Outcome(byte[] document)
    {
        SnapshotReading reading = SnapshotReader.Read(document, "there.json");
        if (reading.Snapshot is null)
        {
            return reading.Diagnostics;
        }

        try
        {
            new SnapshotHost(reading.Snapshot).Dispose();
            return [];
        }
        catch (DiagnosticException exception)
        {
            return exception.Diagnostics;
        }
    }

    /// <summary>What Measure- and Compare-SteeringPolicy and -WhatIf make of the live flows.</summary>
    private static string[] Previews(SnapshotHost host)
    {
        ManagedGroup group = host.Groups.Find("web")!;
        FlowTrace trace = new("live", [.. host.Connections(group).Select(connection => connection.Flow)]);
        PreviewGroup seats = new(group.SlotCount) { Occupied = [.. group.ReadSlots().Select(slot => slot.Seats.Any(seat => seat.Cookie != 0))], States = group.States };
        PolicyPlan plan = group.Plan(s_other);
        SteeringMeasurement measurement = new PolicyPreview(plan.Compiled, seats, "other", host.Backend.Options, s_other).Measure(trace, cancellationToken: TestContext.Current.CancellationToken);
        SteeringComparison comparison = new PolicyComparer(new ComparedSide("web", group.Compiled!, seats), new ComparedSide("other", plan.Compiled, seats), host.Backend.Options)
            .Compare(trace, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(comparison.Flows > 0 && comparison.FlowsMoved > 0);
        return [ReportJson.Write(measurement), ReportJson.Write(comparison), string.Join('\n', plan.Steps)];
    }

    private static byte[] Mutate(byte[] document, Random random)
    {
        List<byte> bytes = [.. document];
        List<string> lines = [.. Encoding.UTF8.GetString(document).Split('\n')];
        int line = random.Next(lines.Count);
        string[] values = ["0", "1", "-1", "null", "true", "\"\"", "[]", "{}", "1e999", "18446744073709551615", "4294967296", "32768", "\"Udp\"", "\"V6\"", "\"::\"", "\"Draining\"", "\"Adopted\""];
        switch (random.Next(16))
        {
            case 0:
                bytes[random.Next(bytes.Count)] = (byte)random.Next(256);
                return [.. bytes];
            case 1:
                return document[..random.Next(document.Length)];
            case 2:
                lines.RemoveAt(line);
                break;
            case 3:
                lines.Insert(random.Next(lines.Count), lines[line]);
                break;
            case 4:
                int other = random.Next(lines.Count);
                (lines[line], lines[other]) = (lines[other], lines[line]);
                break;
            case 5 or 6 or 7:
                // Another digit: most often what the parser takes and what it means contradicts something else.
                int[] digits = [.. Enumerable.Range(0, document.Length).Where(index => document[index] is >= (byte)'0' and <= (byte)'9')];
                bytes[digits[random.Next(digits.Length)]] = (byte)('0' + random.Next(10));
                return [.. bytes];
            default:
                // Another value in the place of one: the text stays JSON, so that what is behind the parser is reached.
                int colon = lines[line].IndexOf(": ", StringComparison.Ordinal);
                string end = lines[line].EndsWith(',') ? "," : "";
                lines[line] = (colon < 0 ? "" : lines[line][..(colon + 2)]) + values[random.Next(values.Length)] + end;
                break;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }
}
