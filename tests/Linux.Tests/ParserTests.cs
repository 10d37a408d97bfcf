using System.Net;
using System.Runtime.InteropServices;
using CsCheck;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Netlink;
using ReuseportPS.Linux.Pins;
using ReuseportPS.Linux.Sockets;
using ReuseportPS.Linux.Xray;

namespace ReuseportPS.Linux.Tests;

/// <summary>What comes from the kernel, /proc and pins is untrusted: nothing here touches the machine.</summary>
public sealed class ParserTests
{
    [Theory]
    [InlineData("127.0.0.1:8080")]
    [InlineData("0.0.0.0:65535")]
    [InlineData("[::]:1")]
    [InlineData("[2001:db8::5]:443")]
    [InlineData("[::ffff:10.0.0.1]:53")]
    [InlineData("[fe80::1%7]:53")]
    public void Addresses_come_back(string text)
    {
        IPEndPoint endPoint = IPEndPoint.Parse(text);
        byte[] bytes = new byte[SocketAddressCodec.MaxLength];
        int length = SocketAddressCodec.Write(endPoint, bytes);
        Assert.Equal(endPoint, SocketAddressCodec.Read(bytes.AsSpan(0, length)));
        Assert.Null(SocketAddressCodec.Read(bytes.AsSpan(0, length - 1)));
        Assert.Null(SocketAddressCodec.Read([]));
    }

    [Fact]
    public void Messages_and_attributes_are_aligned_and_nested()
    {
        byte[] message = new NetlinkMessage(16, 5, 7).U32(1).Attribute(3, "lo").Nested(18, inner => inner.Attribute(1, 9u)).ToArray();
        NetlinkReader reader = new(message);
        Assert.True(reader.TryMessage(out ushort type, out ushort flags, out uint sequence, out ReadOnlySpan<byte> payload));
        Assert.Equal((16, 5, 7u), (type, flags, sequence));
        Assert.False(reader.IsMalformed);
        NetlinkReader attributes = new(payload[4..]);
        Assert.True(attributes.TryAttribute(out type, out ReadOnlySpan<byte> value));
        Assert.Equal(3, type);
        Assert.Equal("lo\0"u8, value);
        Assert.True(attributes.TryAttribute(out type, out value));
        Assert.Equal(18, type);
        NetlinkReader nested = new(value);
        Assert.True(nested.TryAttribute(out type, out value));
        Assert.Equal(9u, MemoryMarshal.Read<uint>(value));
        Assert.False(attributes.TryAttribute(out _, out _));
        Assert.False(attributes.IsMalformed);
    }

    [Fact]
    public void Walks_over_random_bytes_end() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        if (bytes.Length > 0)
        {
            bytes[0] %= 90; // lengths that often fit
        }

        NetlinkReader messages = new(bytes);
        int count = 0;
        while (messages.TryMessage(out _, out _, out _, out ReadOnlySpan<byte> payload))
        {
            _ = InetDiagMessage.Read(payload);
            count++;
        }

        NetlinkReader attributes = new(bytes);
        while (attributes.TryAttribute(out _, out _))
        {
            count++;
        }

        _ = XrayRecord.Read(bytes);
        _ = SocketAddressCodec.Read(bytes);
        _ = OpenDescriptors.TryParseSocketLink(bytes, out _);
        return count <= bytes.Length;
    });

    [Theory]
    [InlineData("socket:[123]", 123UL)]
    [InlineData("socket:[18446744073709551615]", ulong.MaxValue)]
    [InlineData("socket:[]", null)]
    [InlineData("socket:[-1]", null)]
    [InlineData("socket:[1", null)]
    [InlineData("socket:[", null)]
    [InlineData("anon_inode:bpf-map", null)]
    [InlineData("/tmp/socket:[1]", null)]
    [InlineData("socket:[99999999999999999999]", null)]
    public void Links_to_sockets(string link, ulong? inode)
    {
        Assert.Equal(inode is not null, OpenDescriptors.TryParseSocketLink(System.Text.Encoding.ASCII.GetBytes(link), out ulong found));
        Assert.Equal(inode ?? 0, found);
    }

    [Fact]
    public void A_command_s_control_characters_do_not_come_through() => Assert.Equal("a?[31mb?c", OpenDescriptors.Printable("a\u001b[31mb\nc"));

    [Fact]
    public void Tables_of_proc_net()
    {
        string[] lines =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0",
            "   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000 100 0 0 10 0",
            "   2: 0100007F 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4713",
            "   3: 0100007F:1F90 00000000:0000 0A 00000000 00:00000000 00000000  1000        0 4714",
            "   4: XXXXXXXX:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4715",
            "",
        ];
        InetDiagMessage listener = Assert.Single(ProcNetTable.Read(lines, TransportProtocol.Tcp, IpFamily.V4));
        Assert.Equal((IPEndPoint.Parse("127.0.0.1:8080"), 3u, 1000u, 4711u), (listener.Local, listener.ReceiveQueue, listener.Uid, listener.Inode));
        Assert.Equal([4711u, 4712u], ProcNetTable.Read(lines, TransportProtocol.Udp, IpFamily.V4).Select(socket => socket.Inode));

        string six = "  50: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 99 2";
        Assert.Equal(IPEndPoint.Parse("[::1]:53"), Assert.Single(ProcNetTable.Read(["", six], TransportProtocol.Udp, IpFamily.V6)).Local);
        Assert.Empty(ProcNetTable.Read(["", six], TransportProtocol.Udp, IpFamily.V4));
        Assert.Empty(ProcNetTable.Read([], TransportProtocol.Udp, IpFamily.V4));
    }

    [Fact]
    public void Group_names_come_back() => Gen.String[1, 40].Where(name => !name.Any(char.IsSurrogate)).Sample(name =>
    {
        string encoded = GroupName.Encode(name[..Math.Min(20, name.Length)]);
        return encoded.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '%') && GroupName.Decode(encoded) == name[..Math.Min(20, name.Length)];
    });

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    [InlineData("%")]
    [InlineData("%2")]
    [InlineData("%zz")]
    [InlineData("%61")]
    [InlineData("%2e")]
    [InlineData("%FF")]
    public void What_is_no_encoded_name_is_no_group(string directory) => Assert.Null(GroupName.Decode(directory));

    [Fact]
    public void A_record_of_the_inspection()
    {
        byte[] bytes = new byte[XrayRecord.HeaderLength + 16];
        Assert.Equal((false, AttachmentState.None), (XrayRecord.Read(bytes)!.HasGroup, XrayRecord.Read(bytes)!.Attachment.State));
        bytes[XrayRecord.Group] = 1;
        bytes[XrayRecord.Count] = 2;
        bytes[XrayRecord.Program] = 1;
        bytes[XrayRecord.HeaderLength] = 7;
        bytes[XrayRecord.HeaderLength + 8] = 9;
        XrayRecord record = XrayRecord.Read(bytes)!;
        Assert.Equal((AttachmentState.Classic, 2), (record.Attachment.State, record.MemberCount));
        Assert.Equal([7ul, 9ul], record.Cookies);
        bytes[XrayRecord.ProgramId] = 42;
        bytes[XrayRecord.ProgramTag] = 0xab;
        Assert.Equal(new Attachment(AttachmentState.Program, 42, "ab00000000000000"), XrayRecord.Read(bytes)!.Attachment);
        Assert.Null(XrayRecord.Read(bytes.AsSpan(0, bytes.Length - 1)));
        bytes[XrayRecord.Start] = 1;
        Assert.Equal([7ul], XrayRecord.Read(bytes)!.Cookies);
        bytes[XrayRecord.Start + 7] = 0xff;
        Assert.Empty(XrayRecord.Read(bytes)!.Cookies);
    }

    [Fact]
    public void Every_known_error_says_what_to_do()
    {
        Assert.Equal(LinuxErrors.Table.Length, LinuxErrors.Table.Select(row => (row.Operation, row.Scope, row.Errno)).Distinct().Count());
        Assert.All(LinuxErrors.Table, row =>
        {
            Assert.Matches("^RPS50[0-9]{2}$", row.Code);
            Assert.NotEmpty(row.Cause);
            Assert.Matches(@"^[A-Z].*\.$", row.Remedy);
        });
        Assert.Equal("RPS5028", LinuxErrors.Find("BPF_MAP_UPDATE_ELEM", Errno.EBUSY, LinuxErrors.SocketMap)!.Code);
        Assert.Equal("RPS5019", LinuxErrors.Find("BPF_MAP_UPDATE_ELEM", Errno.EBUSY)!.Code);
        Assert.Equal("RPS5001", LinuxErrors.Find("socket", Errno.EMFILE)!.Code);
        BackendException unknown = LinuxErrors.Refused("bind", (Errno)123, "a test");
        Assert.Equal("RPS5000", unknown.Diagnostics[0].Code);
        Assert.Contains("errno 123", unknown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3", 4)]
    [InlineData("0,2-5\n", 5)]
    [InlineData("0-1,4-7,15", 7)]
    public void Lists_of_cpus_are_counted(string list, int count) => Assert.Equal(count, PossibleCpus.CountOf(list));

    [Theory]
    [InlineData("x")]
    [InlineData("3-1")]
    [InlineData("1-2-3")]
    public void What_is_no_list_of_cpus_is_refused(string list) => Assert.Throws<FormatException>(() => PossibleCpus.CountOf(list));
}
