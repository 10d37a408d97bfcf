using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class FragmentTests
{
    private static readonly FlowKey s_v4 = new(IpFamily.V4, TransportProtocol.Udp, 0x0A010203, 0xC0000201, 5555, 53);
    private static readonly FlowKey s_v6 = new(IpFamily.V6, TransportProtocol.Udp, (UInt128)0x20010DB8 << 96 | 1, (UInt128)0x20010DB8 << 96 | 2, 5555, 53);
    private static readonly byte[] s_payload = [.. Enumerable.Range(0, 3000).Select(index => (byte)(index * 7))];

    public static TheoryData<int[]> Orders => new([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [0, 0, 1, 3, 1, 2, 3, 4]);

    [Theory]
    [MemberData(nameof(Orders))]
    public void Fragments_in_any_order_and_twice_make_the_datagram(int[] order)
    {
        foreach (FlowKey flow in (FlowKey[])[s_v4, s_v6])
        {
            List<byte[]> fragments = Fragments.Of(flow, s_payload, 640);
            Assert.Equal(5, fragments.Count);
            (List<byte[]> packets, TraceStatistics statistics) = Read([.. order.Select(index => fragments[index])]);
            byte[] packet = Assert.Single(packets);
            Assert.Equal(s_payload, packet[^3000..]);
            Assert.Equal(TraceStatistics.Empty with { Records = order.Length, Packets = 1, Reassembled = order.Length - 1 }, statistics);
        }
    }

    [Fact]
    public void The_datagram_is_the_packet_that_was_cut()
    {
        PacketBuilder builder = new(65000);
        byte[] whole = builder.Memory[..builder.WriteUdp(s_v6, 77, s_payload)].ToArray();
        Assert.Equal(whole, Assert.Single(Read(Fragments.Of(s_v6, s_payload, 1232)).Packets));
    }

    [Fact]
    public void A_missing_fragment_leaves_the_others_counted()
    {
        List<byte[]> fragments = Fragments.Of(s_v4, s_payload, 640);
        fragments.RemoveAt(2);
        (List<byte[]> packets, TraceStatistics statistics) = Read(fragments);
        Assert.Empty(packets);
        Assert.Equal(TraceStatistics.Empty with { Records = 4, Fragments = 4 }, statistics);
    }

    [Fact]
    public void An_overlap_drops_the_datagram()
    {
        List<byte[]> fragments = Fragments.Of(s_v6, s_payload, 640);
        byte[] shifted = [.. fragments[1]];
        shifted[43] -= 8; // eight bytes of the first fragment again
        fragments.Insert(1, shifted);
        (List<byte[]> packets, TraceStatistics statistics) = Read(fragments);
        Assert.Empty(packets);
        Assert.Equal(6, statistics.Fragments);
    }

    [Theory]
    [InlineData(29, 1)]
    [InlineData(31, 0)]
    public void Fragments_of_version_4_wait_thirty_seconds(int seconds, int packets)
    {
        List<byte[]> fragments = Fragments.Of(s_v4, s_payload, 1600);
        Assert.Equal(packets, Read(fragments, seconds).Packets.Count);
    }

    [Theory]
    [InlineData(59, 1)]
    [InlineData(61, 0)]
    public void Fragments_of_version_6_wait_sixty_seconds(int seconds, int packets)
    {
        List<byte[]> fragments = Fragments.Of(s_v6, s_payload, 1600);
        Assert.Equal(packets, Read(fragments, seconds).Packets.Count);
    }

    [Fact]
    public void Fragments_that_the_capture_cut_make_a_datagram_that_is_cut()
    {
        List<byte[]> fragments = Fragments.Of(s_v4, s_payload, 1600);
        PcapBytes file = new PcapBytes().Record(1, 0, fragments[0]).Record(1, 1, fragments[1][..100], original: (uint)fragments[1].Length);
        using IPacketReader reader = CaptureFile.FromBytes("cut", file.ToArray()).Open();
        Assert.True(reader.TryRead(out Packet packet));
        Assert.True(packet.IsCutShort);
        Assert.Equal((20 + 1600 + 80, 3008), (packet.Data.Length, packet.TransportLength));
    }

    [Fact]
    public void A_flood_of_first_fragments_takes_bounded_memory()
    {
        FragmentReassembler reassembler = new();
        byte[] fragment = Fragments.Of(s_v4, s_payload, 1600)[0];
        for (uint flood = 0; flood < 100_000; flood++)
        {
            fragment[4] = (byte)(flood >> 8);
            fragment[5] = (byte)flood;
            fragment[15] = (byte)(flood >> 16);
            Assert.False(reassembler.Add(new CapturedFrame(FrameKind.Frame, LinkType.Raw, fragment, fragment.Length, 0), out _));
            Assert.InRange(reassembler.Memory, 0, (4 << 20) + 4096);
        }

        // Half a minute later they are gone.
        Assert.False(reassembler.Add(new CapturedFrame(FrameKind.Frame, LinkType.Raw, fragment, fragment.Length, 31_000_000_000), out _));
        Assert.InRange(reassembler.Memory, 1, 4096);
    }

    private static (List<byte[]> Packets, TraceStatistics Statistics) Read(List<byte[]> frames, int secondsBetween = 0)
    {
        PcapBytes file = new();
        foreach ((int index, byte[] frame) in frames.Index())
        {
            file.Record((uint)(1 + (index * secondsBetween)), 0, frame);
        }

        using IPacketReader reader = CaptureFile.FromBytes("fragments", file.ToArray()).Open();
        List<byte[]> packets = [];
        while (reader.TryRead(out Packet packet))
        {
            packets.Add(packet.Data.ToArray());
        }

        Assert.Null(reader.Failure);
        return (packets, reader.Statistics);
    }
}
