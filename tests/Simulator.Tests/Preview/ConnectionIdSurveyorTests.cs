using System.Net;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class ConnectionIdSurveyorTests
{
    private const long Microsecond = 1000;
    private const string Initial = "c000000001" + "04" + "00000001";
    private const string Handshake = "e000000001" + "04";

    /// <summary>Ids of four bytes, the last of which is the worker's number; Initials to slot 3.</summary>
    private static readonly SteeringPolicy s_policy = PolicyYaml.Read(
        "version: 1\nprotocol: udp\nrules:\n  - { when: { destination-port: 53 }, steer: { by: slot, slot: 0 } }\notherwise: { by: connection-id, length: 4, worker: { at: 3, bits: 8 }, new: 3, old: 0 }").Policy!;

    [Fact]
    public void Every_id_that_a_server_issued_is_told_with_its_slot()
    {
        ConnectionIdSurvey survey = Survey(
            Datagram(1, 0, Initial),
            Datagram(1, 1000, Handshake + "00000001"),
            Datagram(1, 2000, "40" + "00000001"),
            Datagram(2, 3000, "40" + "aabbcc02"),
            Datagram(3, 4000, "40" + "00000009"),
            Datagram(4, 5000, "e000000001" + "05" + "0000000001"),
            Datagram(5, 6000, "40"),
            Datagram(6, 7000, "40" + "00000002", port: 53));
        Assert.Equal((7, 2, 0, 0), (survey.Packets, survey.WithoutId, survey.CutOff, survey.PacketsOfOtherIds));
        Assert.Equal(["00000001: 1, 2 packets, to 1", "AABBCC02: 2, 1 packets, to 2", "00000009: -1, 1 packets, to 0", "0000000001: -1, 1 packets, to 0"], survey.Ids.Select(Text));
    }

    [Fact]
    public void An_id_that_was_cut_off_is_counted_and_not_guessed()
    {
        Packet whole = Datagram(1, 0, "40" + "00000001");
        Packet cut = new() { Timestamp = 0, Data = whole.Data[..^1], TransportOffset = whole.TransportOffset, TransportLength = whole.TransportLength, Flow = whole.Flow };
        ConnectionIdSurvey survey = Survey(cut);
        Assert.Equal((1, 1), (survey.Packets, survey.CutOff));
        Assert.Empty(survey.Ids);
    }

    [Fact]
    public void A_train_that_mixes_slots_is_told_with_what_goes_astray()
    {
        ConnectionIdSurvey survey = Survey([.. Enumerable.Range(0, 10).Select(i => Datagram(1, i * 10, i % 2 == 0 ? "4000000001" : "4000000002"))]);
        Assert.Equal((1, 1, 5), (survey.Trains, survey.MixedTrains, survey.Misrouted));
        MixedTrain train = Assert.Single(survey.FirstMixedTrains);
        Assert.Equal((1, 10, 5, 0), (train.Slot, train.Packets, train.Misrouted, train.Index));
        Assert.Equal(["00000001", "00000002"], train.Ids.Select(id => Convert.ToHexString(id.AsSpan())));
    }

    /// <summary>What ends a train: a longer datagram, the one after a shorter, another flow, time, 64 datagrams.</summary>
    [Fact]
    public void A_train_ends_where_a_kernel_ends_it()
    {
        Assert.Equal((1, 0), Trains(Datagram(1, 0, "4000000001"), Datagram(1, 1, "4000000001")));
        Assert.Equal((0, 0), Trains(Datagram(1, 0, "4000000001"), Datagram(1, 1, "4000000002ff")));
        Assert.Equal((1, 0), Trains(Datagram(1, 0, "4000000001ff"), Datagram(1, 1, "4000000001"), Datagram(1, 2, "4000000002")));
        Assert.Equal((0, 0), Trains(Datagram(1, 0, "4000000001"), Datagram(2, 1, "4000000002")));
        Assert.Equal((1, 1), Trains(Datagram(1, 0, "4000000001"), Datagram(1, 1000, "4000000002")));
        Assert.Equal((0, 0), Trains(Datagram(1, 0, "4000000001"), Datagram(1, 1001, "4000000002")));
        Packet[] ids = [.. Enumerable.Range(0, 64).Select(i => Datagram(1, i, "4000000001")), Datagram(1, 64, "4000000002")];
        Assert.Equal((1, 0), Trains(ids));
        Assert.Equal((1, 1), Trains(ids[1..]));

        static (long, long) Trains(params Packet[] packets)
        {
            ConnectionIdSurvey survey = Survey(packets);
            return (survey.Trains, survey.MixedTrains);
        }
    }

    private static string Text(ConnectionIdUse use) => $"{Convert.ToHexString(use.Id.AsSpan())}: {use.Finding.Slot}, {use.Packets} packets, to {string.Join(' ', use.Slots)}";

    private static ConnectionIdSurvey Survey(params Packet[] packets) =>
        new ConnectionIdSurveyor(s_policy, PolicyCompiler.Compile(s_policy, 4).Compiled!, new PreviewGroup(4)).Survey(new PacketList(packets), null, TestContext.Current.CancellationToken);

    private static Packet Datagram(byte client, long microseconds, string payload, ushort port = 443)
    {
        FlowKey flow = new(IpFamily.V4, TransportProtocol.Udp, FlowKey.ToNumber(new IPAddress([10, 0, 0, client])), FlowKey.ToNumber(new IPAddress([192, 0, 2, 1])), 5000, port);
        PacketBuilder builder = new(100);
        int length = builder.WriteUdp(flow, 0, Convert.FromHexString(payload));
        int offset = IpHeader.LengthOf(flow.Family);
        return new Packet { Timestamp = microseconds * Microsecond, Data = builder.Memory[..length], TransportOffset = offset, TransportLength = length - offset, Flow = flow };
    }
}
