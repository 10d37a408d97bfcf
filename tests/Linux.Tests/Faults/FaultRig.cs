using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Pins;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>A server of two TCP listeners and two UDP sockets in this process, a pin directory of its own, and what must hold of its group whatever happens to a command.</summary>
public abstract class FaultRig : LinuxTest
{
    protected const int Port = 18083;

    private readonly ImmutableArray<LinuxSocket> _udp;
    private readonly ImmutableArray<LinuxSocket> _tcp;
    private HashSet<string> _objects = [];
    private int _clients = 20000;

    protected FaultRig()
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        PinDirectory = bpffs.Path + "/groups";
        string endPoint = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");
        _udp = Group(TransportProtocol.Udp, endPoint, 2);
        _tcp = Group(TransportProtocol.Tcp, endPoint, 2);
        Sane = Own(Open());

        // What is made once for all, such as the program that looks at groups, is there before anything is counted.
        _ = Sane.InspectAttachment(Record(_udp[0]));
        CountObjects();
    }

    protected string PinDirectory { get; }

    /// <summary>A shell that nothing happens to.</summary>
    protected LinuxBackend Sane { get; }

    protected LinuxBackend Open() => new(new LinuxBackendOptions { PinDirectory = PinDirectory });

    /// <summary>The maps and programs that there are now are there before.</summary>
    protected void CountObjects() => _objects = BpfObjects.Read();

    protected void Run(string command) => GroupCommand.Run(Sane, Namespace, Port, command);

    protected void SetUp(FaultCase fault)
    {
        foreach (string command in fault.SetupCommands)
        {
            Run(command);
        }
    }

    /// <summary>A datagram and a connection are answered, each by one of these slots.</summary>
    protected void RequireServed(string slots, string after)
    {
        foreach (ImmutableArray<LinuxSocket> members in (ImmutableArray<LinuxSocket>[])[_udp, _tcp])
        {
            int served = WhoGets(members, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_clients++}"));
            _clients = _clients == 60000 ? 20000 : _clients;
            Assert.True(
                served >= 0 && slots.Contains((char)('0' + served), StringComparison.Ordinal),
                $"{after}: {members[0].Protocol} went to slot {served}, not to one of {slots}");
        }
    }

    /// <summary>The group can be looked at, or what is wrong is said, with what to do about it. Null when there is none.</summary>
    private protected string? Look(string after)
    {
        try
        {
            using GroupCatalog catalog = GroupCommand.Catalog(Sane, Namespace);
            using ManagedGroup? group = catalog.Find(GroupCommand.Group);
            return group is null ? null : $"{group.Policy?.Name} {group.State} {group.SlotCount}";
        }
        catch (DiagnosticException exception)
        {
            RequireRemedy(exception, after);
            return exception.Diagnostics[0].Code;
        }
    }

    /// <summary>The same command by the next shell: it does what it should, or finds that it is done.</summary>
    protected void RunAgain(FaultCase fault, string after)
    {
        try
        {
            Run(fault.Command);
        }
        catch (DiagnosticException exception) when (exception.Diagnostics[0].Code is GroupCodes.GroupNotFound or TrialCodes.NothingToConfirm)
        {
            RequireRemedy(exception, after);
        }
        catch (DiagnosticException exception)
        {
            Assert.Fail($"{after}: the next '{fault.Command}' is refused: {exception.Message}");
        }
    }

    /// <summary>Removes the group: the kernel decides again, and nothing of the group is left, pins, maps or programs.</summary>
    protected void CleanUp(string after)
    {
        if (Sane.Pins.List().Count > 0)
        {
            Run(GroupCommand.Remove);
        }

        RequireNothing(after);
    }

    protected void RequireNothing(string after)
    {
        RequireServed("01", after);
        Assert.All([_udp[0], _tcp[0]], member => Assert.Equal(AttachmentState.None, Sane.InspectAttachment(Record(member)).State));
        Assert.Equal($"{after}: ", $"{after}: {string.Join(' ', BpffsDirectory.Names(PinDirectory))}");
        BpfObjects.RequireNoneSince(_objects, after);
    }

    /// <summary>Notes what fails, and makes a clean place of it for the next.</summary>
    protected void Check(List<string> failures, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            failures.Add($"{exception.GetType().Name}: {exception.Message}");
            foreach (LinuxSocket member in (LinuxSocket[])[_udp[0], _tcp[0]])
            {
                if (Sane.InspectAttachment(Record(member)).State != AttachmentState.None)
                {
                    member.DetachProgram();
                }
            }

            foreach (string folder in BpffsDirectory.Names(PinDirectory))
            {
                BpffsDirectory.Remove($"{PinDirectory}/{folder}");
            }
        }
    }

    protected static void RequireRemedy(DiagnosticException exception, string after) =>
        Assert.All(exception.Diagnostics, diagnostic => Assert.False(string.IsNullOrEmpty(diagnostic.Remedy), $"{after}: no remedy in {diagnostic}"));
}
