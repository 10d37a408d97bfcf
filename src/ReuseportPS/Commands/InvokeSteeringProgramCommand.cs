using System.Collections;
using System.Management.Automation;
using System.Net;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>Invoke-SteeringProgram: runs a program for packets, off-kernel. Nothing is applied anywhere.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "SteeringProgram", DefaultParameterSetName = ForTrace)]
[OutputType(typeof(SteeringProgramRun))]
public sealed class InvokeSteeringProgramCommand : ReuseportCmdlet
{
    private const string ForTrace = "Trace";
    private const string ForPacket = "Packet";
    private const string ForFlow = "Flow";
    private const int FewestCpus = 4;
    private const int StepsKept = 10_000;

    /// <summary>The program: an object of Import-SteeringProgram or Import-SteeringPolicy, bytes, or the path of a file with one of these.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public object Program { get; set; } = null!;

    /// <summary>The packets: a trace of Import-PacketTrace or New-PacketTrace. Its SYNs and datagrams are run.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = ForTrace)]
    public PacketTrace Trace { get; set; } = null!;

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

    /// <summary>Slots of the group to pretend, each with a member in its seat.</summary>
    [Parameter(Mandatory = true)]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>The map that the seats take the place of; needed only where the program has several REUSEPORT_SOCKARRAYs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SeatMap { get; set; }

    /// <summary>What maps hold at the start, beside what the program says: by name of map a hashtable of keys and values, or for an array its values.</summary>
    [Parameter]
    public IDictionary Map { get; set; } = new Hashtable();

    /// <summary>CPU that the packets are processed on; by default what the trace says, else 0.</summary>
    [Parameter]
    [ValidateRange(0, 4095)]
    public int? Cpu { get; set; }

    /// <summary>The monotonic clock in nanoseconds, for every packet; by default the packet's time.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? Time { get; set; }

    /// <summary>Seed of the simulated host: its hash secrets and the random numbers of the program.</summary>
    [Parameter]
    public ulong Seed { get; set; }

    /// <summary>Interpreter or Compiled; the interpreter first and machine code later by default. The outcomes are the same.</summary>
    [Parameter]
    public ProgramEngine Engine { get; set; }

    /// <summary>Records each step of each run, in the property Step; the interpreter runs the program then.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => GuardFile(ParameterSetName == ForTrace ? Trace : Program, () =>
    {
        RunnableProgram program = RunnableProgram.Read(Program, SeatMap, SlotCount, SessionState.Path.GetUnresolvedProviderPathFromPSPath);
        using ProgramSimulation simulation = Simulate(program);
        switch (ParameterSetName)
        {
            case ForPacket:
                Write(program, simulation, PacketInput.Read(Packet));
                break;
            case ForFlow:
                Write(program, simulation, FlowInput.Open(Source, SourcePort, Destination, DestinationPort, Protocol, Payload));
                break;
            default:
                RunTrace(program, simulation);
                break;
        }
    });

    private ProgramSimulation Simulate(RunnableProgram program)
    {
        ProgramSimulationOptions options = new()
        {
            SlotCount = SlotCount,
            CpuCount = Math.Max(FewestCpus, (Cpu ?? 0) + 1),
            Cpu = Cpu,
            Nanoseconds = Time,
            Seed = Seed,
            InterpretedRuns = Engine switch
            {
                ProgramEngine.Interpreter => int.MaxValue,
                ProgramEngine.Compiled => 0,
                _ => new ProgramSimulationOptions { SlotCount = SlotCount }.InterpretedRuns,
            },
            TracedSteps = Detailed ? StepsKept : 0,
        };
        if (program.Classic is ClassicSteeringProgram classic)
        {
            if (Detailed || Map.Count > 0)
            {
                WriteWarning($"'{program.Name}' is a classic program: it has no maps, and its steps are not recorded.");
            }

            return new ProgramSimulation(classic.Program, options);
        }

        return new ProgramSimulation(MapContents.Apply(program.Program!, Map, options.CpuCount), options);
    }

    private void RunTrace(RunnableProgram program, ProgramSimulation simulation)
    {
        using TraceCmdletProgress progress = new(this, $"Running '{program.Name}'", Trace.Name);
        using IPacketReader reader = Trace.Source.Open(StopToken);
        long passedOver = 0;
        while (reader.TryRead(out Packet packet))
        {
            StopToken.ThrowIfCancellationRequested();
            progress.Report(reader.Progress);
            if (ProgramSimulation.IsDecided(packet))
            {
                Write(program, simulation, packet);
            }
            else
            {
                passedOver++;
            }
        }

        if (reader.Failure is Diagnostic failure)
        {
            WriteFailure(failure);
        }

        if (passedOver > 0)
        {
            WriteVerbose($"{passedOver} packets of {Trace.Name} reach no program: segments without a SYN, and multicast.");
        }
    }

    private void Write(RunnableProgram program, ProgramSimulation simulation, in Packet packet) =>
        WriteObject(new SteeringProgramRun(program.Name, SlotCount, packet, simulation.Run(packet)));
}
