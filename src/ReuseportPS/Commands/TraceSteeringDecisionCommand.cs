using System.Management.Automation;
using System.Net;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Commands;

/// <summary>Trace-SteeringDecision: why a packet goes where a policy sends it. Nothing is applied.</summary>
[Cmdlet(VerbsDiagnostic.Trace, "SteeringDecision", DefaultParameterSetName = ForTrace)]
[OutputType(typeof(SteeringDecision))]
public sealed class TraceSteeringDecisionCommand : PreviewCmdlet
{
    private const string ForTrace = "Trace";
    private const string ForPacket = "Packet";
    private const string ForFlow = "Flow";
    private const int StepsKept = 10_000;

    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>The packets: a trace of Import-PacketTrace or New-PacketTrace. Its SYNs and datagrams are decided.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ForTrace)]
    public PacketTrace Trace { get; set; } = null!;

    /// <summary>Only the packets at these positions of the trace, counted from 0.</summary>
    [Parameter(ParameterSetName = ForTrace)]
    [ValidateRange(0, long.MaxValue)]
    public long[] Index { get; set; } = [];

    /// <summary>One packet, from its IP or Ethernet header on: bytes, or hexadecimal text.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForPacket)]
    [BytesTransformation]
    public byte[] Packet { get; set; } = [];

    /// <summary>Address that the packet is from.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForFlow)]
    public IPAddress Source { get; set; } = IPAddress.None;

    /// <summary>Port that the packet is from.</summary>
    [Parameter(ParameterSetName = ForFlow)]
    [ValidateRange(1, 65535)]
    public int SourcePort { get; set; } = 40000;

    /// <summary>Address that the packet is for; 192.0.2.1 or 2001:db8::1 by default.</summary>
    [Parameter(ParameterSetName = ForFlow)]
    public IPAddress? Destination { get; set; }

    /// <summary>Port that the packet is for.</summary>
    [Parameter(ParameterSetName = ForFlow)]
    [ValidateRange(1, 65535)]
    public int DestinationPort { get; set; } = 443;

    /// <summary>Udp for a datagram, Tcp for a SYN.</summary>
    [Parameter(ParameterSetName = ForFlow)]
    public TransportProtocol Protocol { get; set; } = TransportProtocol.Udp;

    /// <summary>Payload of the datagram: bytes, or hexadecimal text.</summary>
    [Parameter(ParameterSetName = ForFlow)]
    [BytesTransformation]
    public byte[] Payload { get; set; } = [];

    /// <summary>Records every instruction, in words, with the part of the policy that it is for.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(ParameterSetName == ForTrace ? Trace : Policy, () =>
    {
        PreviewGroup group = Target();
        CompiledPolicy compiled = Compile(Policy, group);
        using DecisionTracer tracer = new(Policy, compiled, Knowing(group, Group, Policy, compiled), Detailed ? StepsKept : 0, SimulatedHost());
        switch (ParameterSetName)
        {
            case ForPacket:
                WriteOne(tracer, compiled, PacketInput.Read(Packet));
                break;
            case ForFlow:
                WriteOne(tracer, compiled, FlowInput.Open(Source, SourcePort, Destination, DestinationPort, Protocol, Payload));
                break;
            default:
                WriteTrace(tracer, compiled);
                break;
        }
    });

    private void WriteTrace(DecisionTracer tracer, CompiledPolicy compiled)
    {
        using TraceCmdletProgress progress = new(this, $"Deciding by '{Policy.Name}'", Trace.Name);
        using IPacketReader reader = Trace.Source.Open(StopToken);
        HashSet<long> wanted = [.. Index];
        while (reader.TryRead(out Packet packet))
        {
            StopToken.ThrowIfCancellationRequested();
            progress.Report(reader.Progress);
            bool isWanted = wanted.Count == 0 || wanted.Remove(packet.Index);
            if (isWanted && ProgramSimulation.IsDecided(packet))
            {
                Write(tracer, compiled, packet);
            }
            else if (isWanted && Index.Length > 0)
            {
                WriteWarning($"Packet {packet.Index} ({packet.Flow}) reaches no program: a segment without a SYN, or multicast.");
            }

            if (Index.Length > 0 && wanted.Count == 0)
            {
                return;
            }
        }

        if (wanted.Count > 0)
        {
            throw new Engine.Diagnostics.DiagnosticException(TraceDiagnostics.NotAPacket.At(
                null, $"'{Trace.Name}' has no TCP or UDP packet at {string.Join(", ", wanted.Order())}.", "Positions count all records of the trace from 0."));
        }
    }

    private void WriteOne(DecisionTracer tracer, CompiledPolicy compiled, in Packet packet)
    {
        if (!ProgramSimulation.IsDecided(packet))
        {
            throw new Engine.Diagnostics.DiagnosticException(TraceDiagnostics.NotAPacket.At(
                null, $"No program is asked about {packet.Flow}: it is a segment without a SYN, or multicast.", "Give a SYN or a datagram to one host."));
        }

        Write(tracer, compiled, packet);
    }

    private void Write(DecisionTracer tracer, CompiledPolicy compiled, in Packet packet) =>
        WriteObject(new SteeringDecision(Policy, compiled, packet, tracer.Decide(packet)));
}
