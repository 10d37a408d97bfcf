using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>SO_INCOMING_CPU: within a group where the hash chooses, and as a score outside of groups.</summary>
public abstract class CpuContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Flows = 16;

    /// <summary>Of S0 to S3 the second and fourth want CPU 0: there the next of these from where the hash falls, on the other CPU just where it falls.</summary>
    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void The_hash_prefers_members_that_want_the_CPU(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        members[1].SetOption(SocketOption.IncomingCpu, 0);
        members[3].SetOption(SocketOption.IncomingCpu, 0);
        using Recorder recorder = new(Backend, CreateMap(TestPrograms.Seats));
        members[0].AttachProgram(recorder.Program);

        AssertSlots(kind, members, recorder, cpu: 0, start => start < 2 ? 1 : 3);
        AssertSlots(kind, members, recorder, cpu: 1, start => start);
    }

    /// <summary>The preference follows the option and the membership.</summary>
    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp4")]
    public void The_preference_ends_with_the_option_and_with_the_member(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        members[2].SetOption(SocketOption.IncomingCpu, 0);
        members[3].SetOption(SocketOption.IncomingCpu, 1);
        using Recorder recorder = new(Backend, CreateMap(TestPrograms.Seats));
        members[0].AttachProgram(recorder.Program);
        AssertSlots(kind, members, recorder, cpu: 0, _ => 2);
        AssertSlots(kind, members, recorder, cpu: 1, _ => 3);

        members[2].SetOption(SocketOption.IncomingCpu, -1);
        AssertSlots(kind, members, recorder, cpu: 0, start => start);
        members[3].Dispose();

        AssertSlots(kind, members[..3], recorder, cpu: 1, start => start);
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp4")]
    public void A_selection_is_not_asked_for_its_CPU(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        members[1].SetOption(SocketOption.IncomingCpu, 0);
        IBackendMap seats = CreateSeats(members);
        using Recorder recorder = new(Backend, seats);
        recorder.Answer(2);
        members[0].AttachProgram(recorder.Program);
        using IDisposable pin = World.OnCpu(0);

        Assert.Equal(Slot(2), Arrival(kind, members));
    }

    /// <summary>Outside of groups the CPU is one point: it beats the order of binding, and the device beats it in IPv4.</summary>
    [Theory]
    [InlineData("udp4", 0, 0)]
    [InlineData("udp4", 1, 1)]
    [InlineData("udp6", 0, 0)]
    public void A_score_outside_of_groups(string kind, int cpu, int expected)
    {
        IBackendSocket[] sockets = [.. OpenMany(kind + " -reuseport reuseaddr", 2)];
        sockets[0].SetOption(SocketOption.IncomingCpu, 0);
        using IDisposable pin = World.OnCpu(cpu);

        Assert.Equal(Slot(expected), Arrival(kind, sockets));
    }

    [Fact]
    public void The_first_group_is_asked_whatever_another_would_score()
    {
        IBackendSocket other = Open("udp4 device");
        other.SetOption(SocketOption.IncomingCpu, 0);
        IBackendSocket last = Open("udp4");
        using IDisposable pin = World.OnCpu(0);

        Assert.Equal(Slot(1), Arrival("udp4", [other, last]));
    }

    private void AssertSlots(string kind, IBackendSocket[] members, Recorder recorder, int cpu, Func<int, int> expected)
    {
        using IDisposable pin = World.OnCpu(cpu);
        for (int flow = 0; flow < Flows; flow++)
        {
            recorder.Forget();
            FlowArrival arrival = Arrival(kind, members);
            int start = (int)(((ulong)Assert.Single(recorder.Runs).Hash * (ulong)members.Length) >> 32);
            Assert.Equal(Slot(expected(start)), arrival);
        }
    }
}
