using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Contract;

/// <summary>How large a group grows: from room for 128, by doubling, to 32,768 members.</summary>
public abstract class LimitContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Most = 32768;
    private const int FirstCapacity = 128;

    /// <summary>Half of the members are in another process: one may not be allowed to open so many files.</summary>
    private const int Half = Most / 2;

    /// <summary>The order is kept where the array of members grows, and so is who is shut down at its other end.</summary>
    [Theory]
    [InlineData("udp4", FirstCapacity + 1)]
    [InlineData("udp6", FirstCapacity + 1)]
    [InlineData("tcp4", (2 * FirstCapacity) + 1)]
    public void Growth_keeps_the_order(string kind, int count)
    {
        List<IBackendSocket> members = [.. OpenMany(kind, count)];

        Assert.Equal(members.Select(member => member.Cookie), Backend.MemberOrder(Record(members[0]))!);
        _ = AttachSelection(members[0], CreateSeats([members[count - 1], members[0]]), 0);
        Assert.Equal(Slot(count - 1), Arrival(kind, members));
    }

    [Fact]
    public void Growth_keeps_who_was_shut_down()
    {
        World.MigratesRequests = true;
        try
        {
            List<IBackendSocket> members = [.. OpenMany("tcp4", FirstCapacity)];
            IBackendSocket closed = members[1];
            closed.Shutdown(SocketShutdown.Receive);
            members[1] = members[^1];
            members.RemoveAt(members.Count - 1);
            members.AddRange(OpenMany("tcp4", 2));
            closed.Listen(16);
            members.Add(closed);

            Assert.Equal(members.Select(member => member.Cookie), Backend.MemberOrder(Record(members[0]))!);
        }
        finally
        {
            World.MigratesRequests = false;
        }
    }

    /// <summary>UDP is refused at bind, TCP at listen; with the error that both have then. Who leaves makes room for one.</summary>
    [Theory]
    [InlineData("udp4", Errno.EADDRINUSE)]
    [InlineData("tcp4", Errno.ENOMEM)]
    public void The_largest_group(string kind, Errno refusal)
    {
        World.NeedsDescriptors(Half + 1000);
        using Stranger stranger = World.StartStranger([SocketText.Parse(kind)], Port, Half);
        IBackendSocket[] members = [.. OpenMany(kind, Half)];

        Assert.Equal(refusal, Refusal(() => Open(kind)));
        _ = Open(kind, World.NextPort());

        members[7].Dispose();
        _ = Open(kind);
        Assert.Equal(refusal, Refusal(() => Open(kind)));
        _ = AttachSelection(members[0], CreateSeats([members[^1]]), 0);
        Assert.Equal(Slot(1), Arrival(kind, [members[0], members[^1]]));
    }

    /// <summary>In a group that is full the one that was shut down first gives way to a new one, and is a stranger from then on.</summary>
    [Fact]
    public void A_full_group_gives_up_who_was_shut_down()
    {
        World.NeedsDescriptors(Half + 1000);
        using Stranger stranger = World.StartStranger([SocketText.Parse("tcp4")], Port, Half);
        World.MigratesRequests = true;
        try
        {
            IBackendSocket[] members = [.. OpenMany("tcp4", Half)];
            members[5].Shutdown(SocketShutdown.Receive);
            members[6].Shutdown(SocketShutdown.Receive);
            Assert.Equal(Errno.None, Refusal(() => Open("tcp4")));

            Assert.Equal(Errno.None, Refusal(() => members[5].Listen(16)));
            Assert.Equal(Errno.ENOMEM, Refusal(() => members[6].Listen(16)));
            Assert.Equal(Errno.ENOMEM, Refusal(() => Open("tcp4")));
        }
        finally
        {
            World.MigratesRequests = false;
        }
    }
}
