using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Cpus;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>Writes snapshots as JSON: the same bytes for the same snapshot, every field always there, in one order.</summary>
public static class SnapshotWriter
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Indented = true,
        NewLine = "\n",

        // A policy's text is read by people; the file is never part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The document in UTF-8.</summary>
    public static byte[] Write(HostSnapshot snapshot)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("format", HostSnapshot.Format);
            json.WriteNumber("version", HostSnapshot.CurrentVersion);
            Write(json, snapshot.Host);
            Write(json, snapshot.Preview);
            json.WriteBoolean("maskedAddresses", snapshot.HasMaskedAddresses);
            WriteList(json, "groups", snapshot.Groups, Write);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, BackendInfo host)
    {
        json.WriteStartObject("host");
        json.WriteString("backend", host.Kind.ToString());
        json.WriteString("kernelVersion", host.KernelVersion);
        json.WriteNumber("cpuCount", host.CpuCount);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SimulatorOptions preview)
    {
        json.WriteStartObject("preview");
        json.WriteNumber("seed", preview.Seed);
        json.WriteNumber("cpuCount", preview.CpuCount);
        WriteList(json, "numaNodes", preview.NumaNodes, (to, node) => to.WriteNumberValue(node));
        json.WriteString("kernelVersion", preview.KernelVersion);
        json.WriteString("packetCpu", preview.PacketCpuSource.ToString());
        json.WriteNumber("pinnedCpu", preview.PinnedCpu);
        if (preview.ReceiveSideScaling is ReceiveSideScaling scaling)
        {
            json.WriteStartObject("receiveSideScaling");
            json.WriteString("key", Convert.ToHexStringLower(scaling.Key.AsSpan()));
            WriteList(json, "table", scaling.Table, (to, cpu) => to.WriteNumberValue(cpu));
            json.WriteBoolean("udpPorts", scaling.UdpPorts);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("receiveSideScaling");
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SnapshotGroup group)
    {
        json.WriteStartObject();
        json.WriteString("name", group.Name);
        json.WriteString("ownership", group.Ownership.ToString());
        WriteList(json, "kernelGroups", group.KernelGroups, Write);
        WriteList(json, "slots", group.Slots, Write);
        json.WriteString("policy", group.Policy);
        json.WriteString("policyState", group.PolicyState.ToString());
        json.WriteNumber("epoch", group.Epoch);
        json.WriteString("program", group.Program);
        WriteList(json, "counters", group.Counters, Write);
        WriteList(json, "flows", group.Flows, Write);
        WriteList(json, "stickyFlows", group.StickyFlows, Write);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SnapshotKernelGroup group)
    {
        KernelGroupKey key = group.Key;
        json.WriteStartObject();
        json.WriteString("protocol", key.Protocol.ToString());
        json.WriteString("family", key.Family.ToString());
        json.WriteString("address", key.Address.ToString());
        json.WriteNumber("port", key.Port);
        json.WriteNumber("device", key.InterfaceIndex);
        json.WriteBoolean("v6Only", key.V6Only);
        json.WriteNumber("uid", key.Uid);
        json.WriteBoolean("orderKnown", group.IsOrderKnown);
        WriteList(json, "members", group.Members, (to, cookie) => to.WriteNumberValue(cookie));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SnapshotSlot slot)
    {
        json.WriteStartObject();
        json.WriteNumber("slot", slot.Slot);
        json.WriteString("state", slot.State.ToString());
        json.WriteNumber("generation", slot.Generation);
        WriteNumberOrNull(json, "weight", slot.Weight);
        WriteNumberOrNull(json, "load", slot.Load);
        json.WriteNumber("loadAgeNanoseconds", slot.LoadAge);
        WriteList(json, "seats", slot.Seats, (to, cookie) => to.WriteNumberValue(cookie));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CounterReading counter)
    {
        json.WriteStartObject();
        json.WriteString("kind", counter.Kind.ToString());
        json.WriteString("name", counter.Name);
        WriteNumberOrNull(json, "index", counter.Index);
        json.WriteNumber("value", counter.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LiveConnection flow)
    {
        json.WriteStartObject();
        json.WriteString("protocol", flow.Protocol.ToString());
        json.WriteString("source", flow.Remote.Address.ToString());
        json.WriteNumber("sourcePort", flow.Remote.Port);
        json.WriteString("destination", flow.Local.Address.ToString());
        json.WriteNumber("destinationPort", flow.Local.Port);
        json.WriteNumber("cookie", flow.Cookie);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SnapshotStickyFlow flow)
    {
        json.WriteStartObject();
        json.WriteString("rule", flow.Rule);
        json.WriteString("protocol", flow.Flow.Protocol.ToString());
        json.WriteString("source", flow.Flow.SourceEndPoint.Address.ToString());
        json.WriteNumber("sourcePort", flow.Flow.SourcePort);
        json.WriteString("destination", flow.Flow.DestinationEndPoint.Address.ToString());
        json.WriteNumber("destinationPort", flow.Flow.DestinationPort);
        json.WriteNumber("slot", flow.Slot);
        json.WriteNumber("generation", flow.Generation);
        json.WriteNumber("ageNanoseconds", flow.Age);
        json.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, ImmutableArray<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    }

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, long? number)
    {
        if (number is long value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
