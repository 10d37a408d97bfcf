using System.Management.Automation;
using System.Net;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Errors;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Commands;

/// <summary>Import-PacketTrace: reads a capture file; its packets are streamed, never held.</summary>
[Cmdlet(VerbsData.Import, "PacketTrace", DefaultParameterSetName = "Path")]
[OutputType(typeof(PacketTrace))]
public sealed class ImportPacketTraceCommand : FileCmdlet
{
    /// <summary>Destination ports of the service. Without them a capture of both directions holds replies too.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int[] Port { get; set; } = [];

    /// <summary>Tcp or Udp; both by default.</summary>
    [Parameter]
    public TransportProtocol? Protocol { get; set; }

    /// <summary>Destination addresses or prefixes of the service.</summary>
    [Parameter]
    [PrefixTransformation]
    public AddressPrefix[] Destination { get; set; } = [];

    /// <summary>Source addresses or prefixes of clients.</summary>
    [Parameter]
    [PrefixTransformation]
    public AddressPrefix[] Source { get; set; } = [];

    /// <summary>Source ports of clients.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int[] SourcePort { get; set; } = [];

    /// <summary>Addresses of the service with their ports: 192.0.2.1:443, [2001:db8::1]:53.</summary>
    [Parameter]
    [EndPointTransformation]
    public IPEndPoint[] EndPoint { get; set; } = [];

    /// <summary>One part of the trace, from 0, of -PartitionCount. Every flow is in one part, with both its directions.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int Partition { get; set; }

    /// <summary>How many parts there are.</summary>
    [Parameter]
    [ValidateRange(1, 65536)]
    public int PartitionCount { get; set; } = 1;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Partition >= PartitionCount)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"There is no part {Partition} of {PartitionCount}: parts count from 0."), "NoSuchPartition", ErrorCategory.InvalidArgument, Partition));
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessFile(string path)
    {
        TraceFilter filter = new()
        {
            Protocol = Protocol,
            DestinationPorts = [.. Port.Select(port => new PortRange((ushort)port, (ushort)port))],
            Destinations = [.. Destination],
            Sources = [.. Source],
            SourcePorts = [.. SourcePort.Select(port => new PortRange((ushort)port, (ushort)port))],
            EndPoints = [.. EndPoint],
        };
        IPacketSource source = new CaptureFile(path);
        if (filter.ToString().Length > 0)
        {
            source = filter.Apply(source);
        }

        if (PartitionCount > 1)
        {
            source = new TracePartition(Partition, PartitionCount).Apply(source);
        }

        using TraceCmdletProgress progress = new(this, "Reading packets", source.Description);
        PacketTrace trace = TraceSurvey.Of(source, progress.Report, StopToken);
        if (trace.Failure is Diagnostic failure)
        {
            if (trace.Statistics.Records == 0)
            {
                WriteError(ErrorRecordFactory.Create(failure, exception: null, path));
                return;
            }

            WriteFailure(failure);
        }

        WriteFindings(trace.FirstLoss is Diagnostic loss ? [loss] : []);
        if (trace.Statistics.UnknownLinkType > 0)
        {
            WriteWarning($"{trace.Name}: {trace.Statistics.UnknownLinkType} of {trace.Statistics.Records} frames are of a link type that is not known here, and left out.");
        }

        WriteVerbose($"{trace.Name}: {trace.Statistics}");
        WriteObject(trace);
    }
}
