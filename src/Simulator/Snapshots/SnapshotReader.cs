using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Cpus;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>Reads snapshots. They come from elsewhere: nothing in one is believed before it is looked at, and what is read is bounded by <see cref="SnapshotLimits"/>.</summary>
public static class SnapshotReader
{
    private const int MostSlots = 32768;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = SnapshotLimits.Depth, AllowDuplicateProperties = false };

    /// <summary>Reads a document.</summary>
    /// <param name="document">UTF-8, with a byte order mark or without.</param>
    /// <param name="source">What the findings call it: a file name.</param>
    public static SnapshotReading Read(ReadOnlyMemory<byte> document, string? source = null)
    {
        try
        {
            if (document.Length > SnapshotLimits.Bytes)
            {
                return Refuse(SnapshotDiagnostics.TooLarge.At(new SourceLocation(source), $"The document has {document.Length} bytes, and may have {SnapshotLimits.Bytes}."));
            }

            using JsonDocument json = JsonDocument.Parse(document.Span.StartsWith("\uFEFF"u8) ? document[3..] : document, s_options);
            return new SnapshotReading(ReadDocument(new SnapshotNode(json.RootElement, "", source)), []);
        }
        catch (JsonException exception)
        {
            SourceLocation place = new(source, (int?)(exception.LineNumber + 1), (int?)(exception.BytePositionInLine + 1));
            return Refuse(SnapshotDiagnostics.NotJson.At(place, "The text is not JSON from here on."));
        }
        catch (InvalidOperationException)
        {
            return Refuse(SnapshotDiagnostics.NotJson.At(new SourceLocation(source), "The name of a field is not Unicode."));
        }
        catch (DiagnosticException exception)
        {
            return new SnapshotReading(null, exception.Diagnostics);
        }
    }

    private static SnapshotReading Refuse(Diagnostic diagnostic) => new(null, [diagnostic]);

    private static HostSnapshot ReadDocument(SnapshotNode document)
    {
        RequireVersion(document);
        SnapshotNode[] fields = document.Fields("format", "version", "host", "preview", "maskedAddresses", "groups");
        HostSnapshot snapshot = new(ReadHost(fields[2]), ReadPreview(fields[3]), fields[4].Flag(), fields[5].List(SnapshotLimits.KernelGroups, ReadGroup));
        RequireRoom(snapshot, fields[5]);
        SnapshotConsistency.Require(snapshot, fields[5]);
        return snapshot;
    }

    /// <summary>Before anything else: another version may have other fields.</summary>
    private static void RequireVersion(SnapshotNode document)
    {
        bool isSnapshot = document.Element.ValueKind == JsonValueKind.Object
            && document.Element.TryGetProperty("format", out JsonElement format) && format.ValueKind == JsonValueKind.String && format.ValueEquals(HostSnapshot.Format);
        if (!isSnapshot)
        {
            throw document.Fail(SnapshotDiagnostics.UnknownVersion, $"does not say that it is a snapshot: it has no \"format\": \"{HostSnapshot.Format}\"");
        }

        if (!document.Element.TryGetProperty("version", out JsonElement version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != HostSnapshot.CurrentVersion)
        {
            throw document.Fail(SnapshotDiagnostics.UnknownVersion, $"is of another version than {HostSnapshot.CurrentVersion}, which is the one that is read here");
        }
    }

    private static void RequireRoom(HostSnapshot snapshot, SnapshotNode groups)
    {
        (string What, long Number, long Most)[] sizes =
        [
            ("kernel groups", snapshot.Groups.Sum(group => (long)group.KernelGroups.Length), SnapshotLimits.KernelGroups),
            ("members", snapshot.Groups.Sum(group => group.KernelGroups.Sum(kernelGroup => (long)kernelGroup.Members.Length)), SnapshotLimits.Members),
            ("counters (slots times CPUs)", snapshot.Groups.Sum(group => (long)group.Slots.Length) * snapshot.Preview.CpuCount, SnapshotLimits.Counters),
        ];
        foreach ((string what, long number, long most) in sizes.Where(size => size.Number > size.Most))
        {
            throw groups.Fail(SnapshotDiagnostics.TooLarge, FormattableString.Invariant($"have {number} {what} in all, and may have {most}"));
        }
    }

    private static BackendInfo ReadHost(SnapshotNode host)
    {
        SnapshotNode[] fields = host.Fields("backend", "kernelVersion", "cpuCount");
        return new BackendInfo(fields[0].Word<BackendKind>(), fields[1].Text(), fields[2].Number(1, int.MaxValue), Seed: null);
    }

    private static SimulatorOptions ReadPreview(SnapshotNode preview)
    {
        SnapshotNode[] fields = preview.Fields("seed", "cpuCount", "numaNodes", "kernelVersion", "packetCpu", "pinnedCpu", "receiveSideScaling");
        int cpus = fields[1].Number(1, 4096);
        SimulatorOptions options = new()
        {
            Seed = fields[0].Number(0UL, ulong.MaxValue),
            CpuCount = cpus,
            NumaNodes = fields[2].List(cpus, node => node.Number(0, 1023)),
            KernelVersion = fields[3].Text(),
            PacketCpuSource = fields[4].Word<PacketCpuSource>(),
            PinnedCpu = fields[5].Number(0, cpus - 1),
            ReceiveSideScaling = fields[6].Element.ValueKind == JsonValueKind.Null ? null : ReadScaling(fields[6], cpus),
        };
        return options.NumaNodes.Length != 0 && options.NumaNodes.Length != cpus ? throw fields[2].Bad("must have one node for each CPU, or none")
            : !KernelBehavior.Versions.Contains(options.KernelVersion) ? throw fields[3].Bad($"must be {string.Join(" or ", KernelBehavior.Versions)}")
            : options;
    }

    private static ReceiveSideScaling ReadScaling(SnapshotNode scaling, int cpus)
    {
        SnapshotNode[] fields = scaling.Fields("key", "table", "udpPorts");
        string key = fields[0].Text();
        if (key.Length != 2 * ReceiveSideScaling.KeyLength || !key.All(char.IsAsciiHexDigit))
        {
            throw fields[0].Bad($"must be {2 * ReceiveSideScaling.KeyLength} hexadecimal digits");
        }

        ImmutableArray<int> table = fields[1].List(1 << 16, entry => entry.Number(0, cpus - 1));
        return table.IsEmpty ? throw fields[1].Bad("must have an entry") : new ReceiveSideScaling(Convert.FromHexString(key), table, cpus, fields[2].Flag());
    }

    private static SnapshotGroup ReadGroup(SnapshotNode group)
    {
        SnapshotNode[] fields = group.Fields("name", "ownership", "kernelGroups", "slots", "policy", "policyState", "epoch", "program", "counters", "flows", "stickyFlows");
        SnapshotGroup read = new()
        {
            Name = fields[0].Text(),
            Ownership = fields[1].Word<GroupOwnership>(),
            KernelGroups = fields[2].List(SnapshotLimits.KernelGroups, ReadKernelGroup),
            Slots = fields[3].List(MostSlots, ReadSlot),
            Policy = fields[4].TextOrNull(SnapshotLimits.PolicyLength),
            PolicyState = fields[5].Word<PolicyState>(),
            Epoch = (uint)fields[6].Number(0UL, uint.MaxValue),
            Program = fields[7].TextOrNull(),
            Counters = fields[8].List(int.MaxValue, ReadCounter),
            Flows = fields[9].List(int.MaxValue, ReadFlow),
            StickyFlows = fields[10].List(int.MaxValue, ReadStickyFlow),
        };
        return read.KernelGroups.IsEmpty ? throw fields[2].Bad("must have a kernel group")
            : read.Slots.IsEmpty ? throw fields[3].Bad("must have a slot")
            : read.Policy is not null && read.Program is not null ? throw fields[7].Fail(SnapshotDiagnostics.Contradiction, "cannot be in the place of a policy that is there")
            : read;
    }

    private static SnapshotKernelGroup ReadKernelGroup(SnapshotNode group)
    {
        SnapshotNode[] fields = group.Fields("protocol", "family", "address", "port", "device", "v6Only", "uid", "orderKnown", "members");
        IpFamily family = fields[1].Word<IpFamily>();
        IPAddress address = fields[2].Address();
        if ((family == IpFamily.V4) != (address.AddressFamily == AddressFamily.InterNetwork))
        {
            throw fields[2].Fail(SnapshotDiagnostics.Contradiction, $"is no {family} address");
        }

        KernelGroupKey key = new(
            Namespace: 0, fields[0].Word<TransportProtocol>(), family, address, fields[3].Number(1, 65535), fields[4].Number(0, int.MaxValue), fields[5].Flag(),
            (uint)fields[6].Number(0UL, uint.MaxValue));
        return key is { Family: IpFamily.V4, V6Only: true } ? throw fields[5].Fail(SnapshotDiagnostics.Contradiction, "cannot be of IPv4 sockets")
            : new SnapshotKernelGroup(key, fields[8].List(SnapshotLimits.Members, cookie => cookie.Number(1UL, SnapshotLimits.Cookie)), fields[7].Flag());
    }

    private static SnapshotSlot ReadSlot(SnapshotNode slot)
    {
        SnapshotNode[] fields = slot.Fields("slot", "state", "generation", "weight", "load", "loadAgeNanoseconds", "seats");
        return new SnapshotSlot(
            fields[0].Number(0, MostSlots - 1), fields[1].Word<SlotState>(), (uint)fields[2].Number(1UL, uint.MaxValue),
            fields[6].List(SnapshotLimits.KernelGroups, cookie => cookie.Number(0UL, SnapshotLimits.Cookie)))
        {
            Weight = (int?)fields[3].NumberOrNull(int.MaxValue),
            Load = (uint?)fields[4].NumberOrNull(uint.MaxValue),
            LoadAge = fields[5].Number(0UL, ulong.MaxValue),
        };
    }

    private static CounterReading ReadCounter(SnapshotNode counter)
    {
        SnapshotNode[] fields = counter.Fields("kind", "name", "index", "value");
        return new CounterReading(fields[0].Word<CounterKind>(), fields[1].Text(), (int?)fields[2].NumberOrNull(int.MaxValue), fields[3].Number(0UL, ulong.MaxValue));
    }

    private static LiveConnection ReadFlow(SnapshotNode flow)
    {
        SnapshotNode[] fields = flow.Fields("protocol", "source", "sourcePort", "destination", "destinationPort", "cookie");
        IPAddress source = fields[1].Address();
        IPAddress destination = fields[3].Address();
        RequireOneFamily(fields[3], source, destination);
        return new LiveConnection(
            fields[0].Word<TransportProtocol>(), new IPEndPoint(destination, fields[4].Number(1, 65535)), new IPEndPoint(source, fields[2].Number(0, 65535)),
            fields[5].Number(1UL, SnapshotLimits.Cookie));
    }

    private static SnapshotStickyFlow ReadStickyFlow(SnapshotNode flow)
    {
        SnapshotNode[] fields = flow.Fields("rule", "protocol", "source", "sourcePort", "destination", "destinationPort", "slot", "generation", "ageNanoseconds");
        IPAddress source = fields[2].Address();
        IPAddress destination = fields[4].Address();
        RequireOneFamily(fields[4], source, destination);
        return new SnapshotStickyFlow(
            fields[0].Text(),
            new FlowKey(
                source.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6, fields[1].Word<TransportProtocol>(), FlowKey.ToNumber(source),
                FlowKey.ToNumber(destination), (ushort)fields[3].Number(0, 65535), (ushort)fields[5].Number(0, 65535)),
            fields[6].Number(0, MostSlots - 1), (uint)fields[7].Number(0UL, uint.MaxValue), fields[8].Number(0UL, ulong.MaxValue));
    }

    private static void RequireOneFamily(SnapshotNode destination, IPAddress source, IPAddress other)
    {
        if (source.AddressFamily != other.AddressFamily || source.IsIPv4MappedToIPv6 != other.IsIPv4MappedToIPv6)
        {
            throw destination.Fail(SnapshotDiagnostics.Contradiction, "is of another family than the source");
        }
    }
}
