using CsCheck;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Simulator.Tests.Preview;

/// <summary>The bookkeeping alone, with decisions made up by hand. A datagram of the list has 128 or 148 bytes, a segment 140 or 160, a SYN 20 more.</summary>
public sealed class TrafficTallyTests
{
    private static readonly SteeringOutcome s_kernel = new(PolicyVerdict.Kernel, -1, 7);
    private static readonly SteeringOutcome s_reject = new(PolicyVerdict.Reject, -1, 3);
    private static readonly SteeringCounts s_nothing = new([], []);

    [Fact]
    public void Datagrams_are_booked_where_each_of_them_goes_and_a_flow_where_it_went_first()
    {
        SteeringMeasurement result = Measure(
            3,
            ("udp 10.0.0.1:1000 -> 192.0.2.1:53", Slot(0)),
            ("udp 10.0.0.1:1000 -> 192.0.2.1:53", Slot(2)),
            ("udp 10.0.0.1:1000 -> 192.0.2.1:53", Slot(0)),
            ("udp 10.0.0.1:1001 -> 192.0.2.1:53", Slot(2)),
            ("udp [2001:db8::9]:1001 -> [2001:db8::1]:53", s_kernel),
            ("udp 10.0.0.2:1000 -> 192.0.2.1:53", s_reject));

        Assert.Equal(new TrafficCount(2, 1, 256, 2 / 6.0, 1 / 4.0), result.Slots[0].Traffic);
        Assert.Equal(new TrafficCount(0, 0, 0, 0, 0), result.Slots[1].Traffic);
        Assert.Equal(new TrafficCount(2, 1, 256, 2 / 6.0, 1 / 4.0), result.Slots[2].Traffic);
        Assert.Equal(new TrafficCount(1, 1, 148, 1 / 6.0, 1 / 4.0), result.Kernel);
        Assert.Equal(new TrafficCount(1, 1, 128, 1 / 6.0, 1 / 4.0), result.Rejected);
        Assert.Equal((4, 1), (result.Flows, result.FlowsMoved));
        Assert.Equal((1.5, 1.5), (result.PacketSkew, result.FlowSkew));
        Assert.Equal(TimeSpan.FromMilliseconds(5), result.Duration);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Segments_follow_the_last_syn_of_their_flow()
    {
        SteeringMeasurement result = Measure(
            2,
            ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 S", Slot(1)),
            ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 A", null),
            ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 S", Slot(0)),
            ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 A", null),
            ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 A", null));

        Assert.Equal((2L, 1L), (result.Slots[1].Traffic.Packets, result.Slots[1].Traffic.Flows));
        Assert.Equal((3L, 0L), (result.Slots[0].Traffic.Packets, result.Slots[0].Traffic.Flows));
        Assert.Equal((1, 1), (result.Flows, result.FlowsMoved));
        Assert.Equal(2, result.Instructions.Runs);
    }

    [Fact]
    public void Tcp_without_a_syn_is_not_decided()
    {
        SteeringMeasurement result = Measure(
            1,
            ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 A", null),
            ("tcp 10.0.0.2:1000 -> 192.0.2.1:80 A", null),
            ("tcp 10.0.0.2:1000 -> 192.0.2.1:80 S", Slot(0)),
            ("tcp 10.0.0.2:1000 -> 192.0.2.1:80 A", null));

        // The second flow's SYN decides what comes after it, and the flow is a decided one.
        Assert.Equal(new TrafficCount(2, 1, 280, null, null), result.WithoutSyn);
        Assert.Equal(new TrafficCount(2, 1, 300, 1, 1), result.Slots[0].Traffic);
        Assert.Equal((2, 0), (result.Flows, result.FlowsMoved));
    }

    [Theory]
    [InlineData("udp 10.0.0.1:1000 -> 224.0.0.251:5353", false)]
    [InlineData("udp 10.0.0.1:1000 -> 239.255.255.250:1900", false)]
    [InlineData("udp 10.0.0.1:1000 -> 255.255.255.255:67", false)]
    [InlineData("udp [fe80::1]:1000 -> [ff02::fb]:5353", false)]
    [InlineData("udp 10.0.0.1:1000 -> 223.255.255.255:53", true)]
    [InlineData("udp 10.0.0.1:1000 -> 240.0.0.1:53", true)]
    [InlineData("udp [fe80::1]:1000 -> [fe80::2]:53", true)]
    [InlineData("tcp 10.0.0.1:1000 -> 192.0.2.1:80 S", true)]
    [InlineData("tcp 10.0.0.1:1000 -> 192.0.2.1:80 A", false)]
    public void The_program_is_asked_about_datagrams_and_syns_to_one_host(string packet, bool decided) =>
        Assert.Equal(decided, TrafficTally.IsDecided(new PacketList(packet).Packets[0]));

    [Fact]
    public void Multicast_is_counted_apart()
    {
        SteeringMeasurement result = Measure(1, ("udp 10.0.0.1:1000 -> 224.0.0.251:5353", null), ("udp 10.0.0.1:1000 -> 192.0.2.1:53", Slot(0)));
        Assert.Equal(new TrafficCount(1, 1, 128, null, null), result.Multicast);
        Assert.Equal(1.0, result.Slots[0].Traffic.PacketShare);
    }

    [Fact]
    public void Replies_are_noticed()
    {
        SteeringMeasurement result = Measure(
            1,
            ("udp 10.0.0.1:1000 -> 192.0.2.1:53", Slot(0)),
            ("udp 192.0.2.1:53 -> 10.0.0.1:1000", Slot(0)),
            ("udp 10.0.0.2:1000 -> 192.0.2.1:53", Slot(0)),
            ("tcp 192.0.2.1:80 -> 10.0.0.3:1000 A", null),
            ("tcp 10.0.0.3:1000 -> 192.0.2.1:80 A", null));
        Assert.Equal("RPS6021", Assert.Single(result.Warnings).Code);
        Assert.Equal("'list' holds both directions of 2 of 3 conversations.", result.Warnings[0].Message);
    }

    [Fact]
    public void A_trace_without_anything_to_decide_is_told()
    {
        SteeringMeasurement result = Measure(2, ("tcp 10.0.0.1:1000 -> 192.0.2.1:80 A", null));
        Assert.Equal("RPS6022", Assert.Single(result.Warnings).Code);
        Assert.Equal((null, null), (result.PacketSkew, result.Slots[0].Traffic.PacketShare));
        Assert.Equal(new InstructionCount(0, 0, 0, 0), result.Instructions);
    }

    [Fact]
    public void Instructions_are_averaged_over_runs()
    {
        SteeringMeasurement result = Measure(1, ("udp 10.0.0.1:1 -> 192.0.2.1:53", s_kernel), ("udp 10.0.0.1:2 -> 192.0.2.1:53", s_reject));
        Assert.Equal(new InstructionCount(2, 5, 7, 7), result.Instructions);
    }

    [Fact]
    public void Skew_is_over_the_occupied_slots()
    {
        TrafficTally tally = new(4);
        foreach (Packet packet in new PacketList("udp 10.0.0.1:1 -> 192.0.2.1:53", "udp 10.0.0.1:2 -> 192.0.2.1:53", "udp 10.0.0.1:3 -> 192.0.2.1:53").Packets)
        {
            tally.AddDecided(packet, FlowState.HashOf(packet.FlowInPlace), Slot(packet.Index == 0 ? 0 : 2));
        }

        PreviewGroup group = new(4) { Occupied = [true, false, true, false] };
        Assert.Equal(4 / 3.0, tally.ToMeasurement("policy", "trace", group, s_nothing, TraceStatistics.Empty, null).PacketSkew);
    }

    [Fact]
    public void Parts_appended_are_the_whole() => Gen.Int[0, 1_000_000].Sample(
        seed =>
        {
            Random random = new(seed);
            (string Line, SteeringOutcome? Outcome)[] lines = [.. Enumerable.Range(0, 60).Select(_ => Draw(random))];
            Packet[] packets = [.. new PacketList([.. lines.Select(line => line.Line)]).Packets.Select(packet => packet with { Timestamp = (packet.Index - 20) * 300_000_000L })];
            TrafficTally whole = new(3);
            TrafficTally joined = new(3);
            TrafficTally part = joined;
            for (int index = 0; index < packets.Length; index++)
            {
                if (index > 0 && random.Next(8) == 0)
                {
                    Append();
                    if (part == joined || random.Next(2) == 0)
                    {
                        part = new TrafficTally(3, isPart: true);
                    }
                    else
                    {
                        part.Clear();
                    }
                }

                Book(whole, packets[index], lines[index].Outcome);
                Book(part, packets[index], lines[index].Outcome);
            }

            Append();
            Assert.Equal(Report(whole), Report(joined));

            void Append()
            {
                if (part != joined)
                {
                    joined.Append(part);
                }
            }
        },
        iter: 2000,
        print: seed => $"seed {seed}");

    private static string Report(TrafficTally tally) => tally.ToMeasurement("policy", "trace", new PreviewGroup(3), s_nothing, TraceStatistics.Empty, null).ToJson();

    /// <summary>A packet of one of a few flows, some the reverse of others, that goes anywhere.</summary>
    private static (string Line, SteeringOutcome? Outcome) Draw(Random random)
    {
        SteeringOutcome outcome = random.Next(5) switch { 3 => s_kernel, 4 => s_reject, int slot => Slot(slot) };
        int client = random.Next(4);
        return random.Next(6) switch
        {
            0 => ($"udp 10.0.0.1:{client} -> 10.0.0.1:{random.Next(4)}", outcome),
            1 => ($"tcp 10.0.0.1:{client} -> 10.0.0.2:1 S", outcome),
            2 => ($"udp 10.0.0.1:{client} -> 224.0.0.1:1", null),
            3 => ($"tcp 10.0.0.2:1 -> 10.0.0.1:{client} A", null),
            _ => ($"tcp 10.0.0.1:{client} -> 10.0.0.2:1 A", null),
        };
    }

    private static void Book(TrafficTally tally, in Packet packet, SteeringOutcome? outcome)
    {
        if (outcome is SteeringOutcome decided)
        {
            tally.AddDecided(packet, FlowState.HashOf(packet.FlowInPlace), decided);
        }
        else
        {
            tally.AddUndecided(packet, FlowState.HashOf(packet.FlowInPlace));
        }
    }

    private static SteeringOutcome Slot(int slot) => new(PolicyVerdict.Slot, slot, 10);

    private static SteeringMeasurement Measure(int slotCount, params (string Packet, SteeringOutcome? Outcome)[] packets)
    {
        PacketList list = new([.. packets.Select(packet => packet.Packet)]);
        TrafficTally tally = new(slotCount);
        foreach ((Packet packet, SteeringOutcome? outcome) in list.Packets.Zip(packets, (packet, line) => (packet, line.Outcome)))
        {
            Assert.Equal(outcome is not null, TrafficTally.IsDecided(packet));
            Book(tally, packet, outcome);
        }

        return tally.ToMeasurement("policy", list.Description, new PreviewGroup(slotCount), s_nothing, TraceStatistics.Empty, null);
    }
}
