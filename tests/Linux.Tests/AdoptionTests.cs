using System.Globalization;
using System.Net;
using System.Text;
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
        using LinuxSocket client = (LinuxSocket)Backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4, ReusePort: false), Namespace);
        client.Connect(new IPEndPoint(IPAddress.Loopback, ChildServer.Port));
        client.Send("GET / HTTP/1.0\r\n\r\n"u8);
        StringBuilder answer = new();
        byte[] buffer = new byte[4096];
        while (true)
        {
            Assert.NotNull(Backend.WaitForArrival([client], TimeSpan.FromSeconds(5)));
            if (client.TryReceive(buffer, out int length, out _) && length == 0)
            {
                break;
            }

            answer.Append(Encoding.ASCII.GetString(buffer, 0, length));
        }

        string body = answer.ToString().Split("\r\n\r\n")[1];
        Assert.True(int.TryParse(body, NumberStyles.None, CultureInfo.InvariantCulture, out _), answer.ToString());
        return body;
    }
}
