using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests;

/// <summary>An unmodified server steered from outside.</summary>
public sealed class AdoptionTests : LinuxTest
{
    [Fact]
    public void Every_connection_goes_to_the_worker_that_is_asked_for()
    {
        const int Workers = 4;
        using ChildServer nginx = ChildServer.StartNginx(Namespace, Workers);
        IReadOnlyList<SocketRecord> members = [];
        Assert.True(SpinWait.SpinUntil(
            () => (members = Backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, ChildServer.Port, Namespace: Namespace))) is { Count: Workers }
                && members.All(member => member.Owners.Length > Workers),
            TimeSpan.FromSeconds(20)));
        Assert.All(members, member => Assert.Contains(member.Owners, owner => owner.ProcessId == nginx.ProcessId));
        Assert.All(members, member => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(member).State));
        IReadOnlyList<ulong> order = Backend.MemberOrder(members[0])!;
        Assert.Equal(members.Select(member => member.Cookie).Order(), order.Order());

        LinuxMap map = Map(SockArray(32768));
        foreach (SocketRecord member in members)
        {
            using IBackendSocket copy = Backend.AcquireSocket(member);
            map.UpdateSocket((uint)order.ToList().IndexOf(member.Cookie), copy);
        }

        HashSet<string> workers = [];
        for (int slot = 0; slot < Workers; slot++)
        {
            LinuxProgram program = Program(SelectSlot(slot, map.Spec), map);
            using (IBackendSocket any = Backend.AcquireSocket(members[slot]))
            {
                any.AttachProgram(program);
            }

            Assert.Equal(new Attachment(AttachmentState.Program, program.Id, program.Tag), Backend.InspectAttachment(members[0]));
            string worker = Assert.Single(Enumerable.Range(0, 25).Select(_ => Get()).Distinct());
            Assert.True(workers.Add(worker), $"slot {slot} is the worker of another slot");
        }

        using (IBackendSocket any = Backend.AcquireSocket(members[0]))
        {
            any.DetachProgram();
        }
    }

    private string Get()
    {
        string body = ChildServer.Get(Backend, Namespace);
        Assert.True(int.TryParse(body, NumberStyles.None, CultureInfo.InvariantCulture, out _), body);
        return body;
    }
}
