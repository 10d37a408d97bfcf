using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests.Programs;

/// <summary>Semantics §3 and §5: what a program's result and its calls of helper 82 lead to. The group served is UDP on 127.0.0.1:5000.</summary>
public sealed class SelectHelperTests
{
    private const TransportProtocol Udp = TransportProtocol.Udp;

    private readonly Host _host = new();
    private readonly IBackendMap _seats;
    private readonly IBackendSocket[] _members;

    public SelectHelperTests()
    {
        _seats = _host.SockArray(8);
        _members = _host.OpenGroup(Udp, "127.0.0.1", 4);
        _seats.UpdateSocket(0, _members[2]);
        _seats.UpdateSocket(1, _members[1]);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void Member_is_selected_from_maps_of_either_value_size(int valueSize)
    {
        IBackendMap seats = _host.SockArray(2, valueSize);
        seats.UpdateSocket(1, _members[3]);
        _members[0].AttachProgram(_host.Selecting(seats, 1, 1));
        Decision decision = _host.Deliver(Udp, "127.0.0.1");
        Assert.Equal((DecisionKind.Program, _members[3].Cookie, 3, 1), (decision.Kind, decision.Cookie, decision.MemberIndex, decision.SeatIndex));
        Assert.Equal([new Selection(seats.Id, 1, Errno.None, _members[3].Cookie)], _host.Network.LastSelections.ToArray());
    }

    [Theory]
    [InlineData(2, Errno.ENOENT)]
    [InlineData(8, Errno.ENOENT)]
    [InlineData(-1, Errno.ENOENT)]
    [InlineData(3, Errno.EBADFD)]
    [InlineData(4, Errno.EBADFD)]
    [InlineData(5, Errno.EPROTOTYPE)]
    [InlineData(6, Errno.EPROTOTYPE)]
    [InlineData(7, Errno.EAFNOSUPPORT)]
    public void Failed_call_leaves_the_choice_to_the_hash(int index, Errno expected)
    {
        _seats.UpdateSocket(3, _host.Open(Udp, "127.0.0.1", 5001));
        _seats.UpdateSocket(4, _host.Open(Udp, "0.0.0.0"));
        _seats.UpdateSocket(5, _host.Open(TransportProtocol.Tcp, "127.0.0.1"));
        _seats.UpdateSocket(6, _host.Open(TransportProtocol.Tcp, "::1"));
        _seats.UpdateSocket(7, _host.Open(Udp, "::1"));
        int byHash = _host.Deliver(Udp, "127.0.0.1").MemberIndex;
        _members[0].AttachProgram(_host.Selecting(_seats, 1, index));

        Decision decision = _host.Deliver(Udp, "127.0.0.1");

        Assert.Equal((DecisionKind.ProgramFallback, byHash, 1), (decision.Kind, decision.MemberIndex, decision.SelectionCount));
        Assert.Equal(expected, _host.Network.LastSelections[0].Result);
    }

    [Theory]
    [InlineData(new[] { 0, 1 }, 1)]
    [InlineData(new[] { 1, 0 }, 2)]
    [InlineData(new[] { 0, 7 }, 2)]
    [InlineData(new[] { 7, 1 }, 1)]
    [InlineData(new[] { 0, 1, 7, 7 }, 1)]
    [InlineData(new[] { 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0 }, 2)]
    public void Last_success_counts(int[] calls, int member)
    {
        _members[0].AttachProgram(_host.Selecting(_seats, 1, calls));
        Decision decision = _host.Deliver(Udp, "127.0.0.1");
        Assert.Equal((DecisionKind.Program, member, calls.Length), (decision.Kind, decision.MemberIndex, decision.SelectionCount));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Any_result_but_one_drops_whatever_was_selected(int result)
    {
        _members[0].AttachProgram(_host.Selecting(_seats, result, 0));
        Decision decision = _host.Deliver(Udp, "127.0.0.1");
        Assert.Equal((DecisionKind.ProgramReject, 0ul, -1, (uint)result), (decision.Kind, decision.Cookie, decision.MemberIndex, decision.ProgramResult));
    }

    [Fact]
    public void Result_is_compared_as_32_bits()
    {
        _members[0].AttachProgram(_host.Program([], Instructions.LoadImmediate64(Register.R0, 0x5_0000_0001), Instructions.Exit()));
        Assert.Equal(DecisionKind.ProgramFallback, _host.Deliver(Udp, "127.0.0.1").Kind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Flags_are_ignored(int flags)
    {
        Instruction[] code = Host.SelectCode(1, 0);
        int r4 = Array.FindIndex(code, instruction => instruction == Instructions.MoveImmediate(Register.R4, 0));
        code[r4] = Instructions.MoveImmediate(Register.R4, flags);
        _members[0].AttachProgram(_host.Program([_seats], code));
        Assert.Equal(DecisionKind.Program, _host.Deliver(Udp, "127.0.0.1").Kind);
    }

    [Fact]
    public void Selected_socket_may_want_another_cpu()
    {
        _members[2].SetOption(SocketOption.IncomingCpu, 3);
        _members[1].SetOption(SocketOption.IncomingCpu, 0);
        _members[0].AttachProgram(_host.Selecting(_seats, 1, 0));
        Assert.Equal(2, _host.Deliver(Udp, "127.0.0.1", cpu: 0).MemberIndex);
    }

    [Fact]
    public void Fault_is_reported_and_delivers_nothing()
    {
        _members[0].AttachProgram(_host.Program([], Instructions.Load(MemorySize.Word, Register.R0, Register.R2, 0), Instructions.Exit()));
        Decision decision = _host.Deliver(Udp, "127.0.0.1");
        Assert.Equal((DecisionKind.ProgramFault, false), (decision.Kind, decision.IsDelivered));
        Assert.Equal((FaultKind.NullAccess, 0), (decision.Fault!.Kind, decision.Fault.Instruction));
    }

    [Theory]
    [InlineData("context")]
    [InlineData("map")]
    public void Helper_with_a_wrong_argument_is_a_fault(string argument)
    {
        Instruction[] code = Host.SelectCode(1, 0);
        int wrong = Array.FindIndex(code, instruction => argument == "map" ? instruction.IsWide : instruction == Instructions.Move(Register.R1, Register.R6));
        code[wrong] = argument == "map" ? Instructions.LoadImmediate64(Register.R2, 5) : Instructions.Move(Register.R1, Register.R10);
        _members[0].AttachProgram(_host.Program([_seats], code));
        Assert.Equal(FaultKind.BadArgument, _host.Deliver(Udp, "127.0.0.1").Fault!.Kind);
    }

    [Fact]
    public void Selected_datagram_arrives_in_the_queue_of_the_selected_socket()
    {
        _members[0].AttachProgram(_host.Selecting(_seats, 1, 0));
        IBackendSocket client = _host.Socket(Udp, "127.0.0.1");
        client.SendTo("hello"u8, Host.EndPoint("127.0.0.1"));
        byte[] buffer = new byte[16];
        Assert.Same(_members[2], _host.Backend.WaitForArrival(_members, TimeSpan.Zero));
        Assert.True(_members[2].TryReceive(buffer, out int length, out System.Net.IPEndPoint? source));
        Assert.Equal("hello"u8.ToArray(), buffer[..length]);
        Assert.Equal($"127.0.0.1:{client.LocalEndPoint!.Port}", source!.ToString());
        Assert.Null(_host.Backend.WaitForArrival(_members, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    public void Decision_of_a_packet_allocates_nothing(int interpretedRuns)
    {
        Host host = new(new SimulatorOptions { Seed = 1, InterpretedRuns = interpretedRuns });
        IBackendSocket[] members = host.OpenGroup(Udp, "127.0.0.1", 4);
        IBackendMap seats = host.SockArray(4);
        seats.UpdateSocket(0, members[2]);
        host.Network.QueuesArrivals = false;
        members[0].AttachProgram(host.Selecting(seats, 1, 0));
        Packet packet = Host.Packet(Udp, "127.0.0.1");
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(members[2].Cookie, host.Network.Deliver(in packet, 0).Cookie);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            host.Network.Deliver(in packet, 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
