using System.Management.Automation;
using System.Net;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Commands;

/// <summary>New-PacketTrace: makes a trace from a seed.</summary>
[Cmdlet(VerbsCommon.New, "PacketTrace")]
[OutputType(typeof(PacketTrace))]
public sealed class NewPacketTraceCommand : ReuseportCmdlet
{
    /// <summary>Number of flows.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(1, GeneratedTraceOptions.LargestFlowCount)]
    public int FlowCount { get; set; } = 1000;

    /// <summary>Packets per flow on average. -Duration sets the number of packets instead.</summary>
    [Parameter]
    [ValidateRange(1, 1_000_000)]
    public int PacketsPerFlow { get; set; } = 10;

    /// <summary>Length of the trace: with -Rate it gives the number of packets. 500ms, 60s, 5m, 2h, 1d, or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Duration { get; set; }

    /// <summary>Packets per second on average.</summary>
    [Parameter]
    [ValidateRange(0.001, 1e12)]
    public double Rate { get; set; } = 10_000;

    /// <summary>Seed: the same seed and the same parameters give the same packets, byte for byte.</summary>
    [Parameter]
    public ulong Seed { get; set; }

    /// <summary>Tcp or Udp.</summary>
    [Parameter]
    public TransportProtocol Protocol { get; set; } = TransportProtocol.Udp;

    /// <summary>V4 or V6; that of the sources by default.</summary>
    [Parameter]
    public IpFamily? Family { get; set; }

    /// <summary>Prefixes that clients come from; 10.0.0.0/8 and 2001:db8:1::/48 by default.</summary>
    [Parameter]
    [PrefixTransformation]
    public AddressPrefix[] Source { get; set; } = [];

    /// <summary>Addresses of the service, at most one per family; 192.0.2.1 and 2001:db8::1 by default.</summary>
    [Parameter]
    public IPAddress[] Destination { get; set; } = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")];

    /// <summary>Port of the service.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int Port { get; set; } = 443;

    /// <summary>Zipf exponent of the flows' popularity: 0 makes all equal, 1 gives the k-th flow a share in proportion to 1/k.</summary>
    [Parameter]
    [ValidateRange(0.0, 4.0)]
    public double Popularity { get; set; }

    /// <summary>How packets follow each other.</summary>
    [Parameter]
    public Arrivals Arrivals { get; set; } = Arrivals.Poisson;

    /// <summary>Random, Quic (an Initial, then short headers with the flow's connection id) or Dns (queries).</summary>
    [Parameter]
    public Payloads Payload { get; set; }

    /// <summary>Bytes of payload at least; 40 for QUIC, 16 else, by default.</summary>
    [Parameter]
    [ValidateRange(0, GeneratedTraceOptions.LargestPayload)]
    public int? MinimumLength { get; set; }

    /// <summary>Bytes of payload at most; 512 by default.</summary>
    [Parameter]
    [ValidateRange(0, GeneratedTraceOptions.LargestPayload)]
    public int MaximumLength { get; set; } = 512;

    /// <summary>Addresses that the flows come from: a few clients, or NATs. An address for each flow by default.</summary>
    [Parameter]
    [ValidateRange(1, GeneratedTraceOptions.LargestFlowCount)]
    public int? ClientCount { get; set; }

    /// <summary>Share of the flows, 0 to 1, that a NAT gives another source port in the middle.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double Rebinding { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Seed, () =>
    {
        GeneratedTrace source = new(new GeneratedTraceOptions
        {
            Seed = Seed,
            Flows = FlowCount,
            PacketsPerFlow = PacketsPerFlow,
            Packets = Duration is TimeSpan duration ? (long)Math.Ceiling(duration.TotalSeconds * Rate) : null,
            Protocol = Protocol,
            Family = Family,
            Sources = [.. Source],
            Destinations = [.. Destination.Select(address => new IPEndPoint(address, Port))],
            Popularity = Popularity,
            Arrivals = Arrivals,
            Rate = Rate,
            Payload = Payload,
            SmallestPayloadLength = MinimumLength ?? (Payload == Payloads.Quic ? 40 : 16),
            LargestPayloadLength = MaximumLength,
            Clients = ClientCount,
            Rebinding = Rebinding,
        });
        using TraceCmdletProgress progress = new(this, "Generating packets", source.Description);
        WriteObject(TraceSurvey.Of(source, progress.Report, StopToken));
    });
}
