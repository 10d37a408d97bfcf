using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Tests;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Preview;

/// <summary>A program by itself does with a packet what it does when it is attached to a group and the packet is delivered.</summary>
public sealed class ProgramSimulationTests
{
    private const ulong Seed = 11;
    private const int Slots = 6;

    private static readonly ProgramSimulationOptions s_options = new() { SlotCount = Slots, Seed = Seed };

    [Theory]
    [InlineData("hash_select", "by_hash")]
    [InlineData("globals", "by_table")]
    [InlineData("tail_calls", "by_protocol")]
    [InlineData("subprograms", "by_both")]
    [InlineData("callbacks", null)]
    public void Each_packet_is_decided_as_by_the_program_attached(string file, string? name)
    {
        ElfObject read = Object(file);
        ElfProgram chosen = name is null ? read.Programs[0] : read.Programs.First(program => program.Name == name);
        SeatedProgram program = SeatedProgram.Of(chosen.Spec, read.Collection);
        foreach (int interpretedRuns in (int[])[int.MaxValue, 0])
        {
            using ProgramSimulation simulation = new(program, s_options with { InterpretedRuns = interpretedRuns });
            using ProgramSimulation traced = new(program, s_options with { TracedSteps = 500 });
            Compare(simulation, traced, (backend, seats, members) => members[0].AttachProgram(LiveProgram.Create(backend, program).Load(seats)));
        }
    }

    [Theory]
    [InlineData("1 6 0 0 3")]
    [InlineData("2 48 0 0 0 22 0 0 0")]
    [InlineData("1 6 0 0 6")]
    public void So_is_each_packet_by_a_classic_program(string numbers)
    {
        string[] words = numbers.Split(' ');
        string text = words[0] + '\n' + string.Join('\n', words.Skip(1).Chunk(4).Select(four => string.Join(' ', four)));
        ClassicProgram program = ClassicProgram.FromText(text).Program!;
        using ProgramSimulation simulation = new(program, s_options);
        Compare(simulation, null, (_, _, members) => members[0].AttachClassicProgram(program));
    }

    /// <summary>Every kernel group has programs of PROG_ARRAYs of its own, and shares the other maps.</summary>
    [Fact]
    public void Tail_calls_select_in_the_group_of_the_packet()
    {
        ElfObject read = Object("tail_calls");
        using ProgramSimulation simulation = new(
            SeatedProgram.Of(read.Programs.First(program => program.Name == "by_protocol").Spec, read.Collection), s_options with { SlotCount = 8 });
        foreach ((TransportProtocol protocol, IpFamily family) in
            from protocol in (TransportProtocol[])[TransportProtocol.Udp, TransportProtocol.Tcp]
            from family in (IpFamily[])[IpFamily.V4, IpFamily.V6]
            select (protocol, family))
        {
            ProgramOutcome outcome = simulation.Run(Packets(protocol, family, 1).Single());
            Assert.Equal((ProgramVerdict.Slot, protocol == TransportProtocol.Tcp ? 6 : 1), (outcome.Verdict, outcome.Slot));
        }
    }

    [Fact]
    public void Which_of_several_seat_maps_is_meant_must_be_said()
    {
        ProgramSpec one = TestSpec();
        MapSpec other = one.Maps.Single(map => map.Type == MapType.ReuseportSockArray) with { Name = "others" };
        ProgramSpec two = one with { Maps = [.. one.Maps, other] };

        Assert.Equal("RPS1035", Assert.Throws<Engine.Diagnostics.DiagnosticException>(() => SeatedProgram.Of(two)).Diagnostics[0].Code);
        Assert.Equal("RPS1035", Assert.Throws<Engine.Diagnostics.DiagnosticException>(() => SeatedProgram.Of(two, seatMap: "sock")).Diagnostics[0].Code);
        Assert.Equal("others", SeatedProgram.Of(two, seatMap: "others").SeatMap);
        Assert.Equal("RPS1034", Assert.Throws<Engine.Diagnostics.DiagnosticException>(() => SeatedProgram.Of(one with { Type = ProgramType.Xdp })).Diagnostics[0].Code);

        // The program selects from the first, in which nobody sits then.
        using ProgramSimulation simulation = new(SeatedProgram.Of(two, seatMap: "others"), s_options);
        Assert.Equal(Engine.Diagnostics.Errno.ENOENT, simulation.Run(Packets(TransportProtocol.Udp, IpFamily.V4, 1).Single()).Errno);
    }

    private static ProgramSpec TestSpec() => Object("hash_select").Programs[0].Spec;

    private static ElfObject Object(string name)
    {
        ElfObject read = ElfObject.Read(File.ReadAllBytes(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", name + ".o")), name);
        Assert.True(read.Succeeded);
        return read;
    }

    private static List<Packet> Packets(TransportProtocol protocol, IpFamily family, int count)
    {
        using IPacketReader reader = new GeneratedTrace(new GeneratedTraceOptions
        {
            Seed = 4,
            Flows = count,
            PacketsPerFlow = 1,
            Protocol = protocol,
            Family = family,
        }).Open();
        List<Packet> packets = [];
        while (reader.TryRead(out Packet packet))
        {
            if (ProgramSimulation.IsDecided(packet))
            {
                // The reader's bytes are valid until its next read.
                packets.Add(new Packet
                {
                    Timestamp = packet.Timestamp,
                    Data = packet.Data.ToArray(),
                    TransportOffset = packet.TransportOffset,
                    TransportLength = packet.TransportLength,
                    Flow = packet.Flow,
                    TcpFlags = packet.TcpFlags,
                });
            }
        }

        return packets;
    }

    private static void Compare(ProgramSimulation simulation, ProgramSimulation? traced, Action<IReuseportBackend, IBackendMap, IBackendSocket[]> attach)
    {
        const int Flows = 40;
        foreach ((TransportProtocol protocol, IpFamily family) in
            from protocol in (TransportProtocol[])[TransportProtocol.Udp, TransportProtocol.Tcp]
            from family in (IpFamily[])[IpFamily.V4, IpFamily.V6]
            select (protocol, family))
        {
            Host host = new(new SimulatorOptions { Seed = Seed });
            host.Network.QueuesArrivals = false;
            IBackendMap seats = host.Backend.CreateMap(new MapSpec("seats", MapType.ReuseportSockArray, 4, 8, 32768));
            IBackendSocket[] members = [.. Enumerable.Range(0, Slots).Select(_ => host.Open(protocol, family == IpFamily.V4 ? "0.0.0.0" : "::", 443, v6Only: true))];
            for (int slot = 0; slot < Slots; slot++)
            {
                seats.UpdateSocket((uint)slot, members[slot]);
            }

            attach(host.Backend, seats, members);
            foreach (Packet packet in Packets(protocol, family, Flows))
            {
                host.Backend.Nanoseconds = packet.Timestamp;
                Decision decision = host.Network.Deliver(packet, cpu: 0);
                ProgramOutcome outcome = simulation.Run(packet);

                ProgramVerdict expected = decision.Kind switch
                {
                    DecisionKind.Program => ProgramVerdict.Slot,
                    DecisionKind.ProgramFallback => ProgramVerdict.Kernel,
                    DecisionKind.ProgramReject => ProgramVerdict.Reject,
                    _ => ProgramVerdict.Fault,
                };
                Assert.Equal((expected, decision.Hash), (outcome.Verdict, outcome.Hash));
                Assert.Equal(expected == ProgramVerdict.Slot ? decision.SeatIndex : -1, outcome.Slot);
                if (outcome.InstructionCount is not null)
                {
                    Assert.Equal(decision.Instructions, outcome.InstructionCount);
                    Assert.Equal(host.Network.LastSelections.ToArray().Select(call => (call.Index, call.Result)), outcome.Selections.Select(call => (call.Index, call.Result)));
                }

                if (traced?.Run(packet) is ProgramOutcome same)
                {
                    Assert.Equal((outcome.Verdict, outcome.Slot, outcome.InstructionCount), (same.Verdict, same.Slot, same.InstructionCount));
                    ExecutionTrace trace = Assert.IsType<ExecutionTrace>(same.Trace);
                    Assert.Equal(Math.Min(500, same.InstructionCount!.Value), trace.Steps.Length);
                }
            }
        }
    }
}
