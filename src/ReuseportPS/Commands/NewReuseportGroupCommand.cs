using System.Diagnostics;
using System.Management.Automation;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>New-ReuseportGroup: opens a group of own sockets, or adopts the sockets of a running server.</summary>
[Cmdlet(VerbsCommon.New, "ReuseportGroup", SupportsShouldProcess = true, DefaultParameterSetName = AdoptByPort)]
[OutputType(typeof(ReuseportGroup))]
public sealed class NewReuseportGroupCommand : BackendCmdlet
{
    private const string OpenOwn = "Open";
    private const string AdoptByPort = "AdoptByPort";
    private const string AdoptByProcess = "AdoptByProcess";
    private const string AdoptByName = "AdoptByName";
    private const string AdoptByUnit = "AdoptByUnit";

    private readonly List<int> _processIds = [];

    /// <summary>Name of the group.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Slots of a group to open: each gets one own socket per protocol and address. Without it a running server's sockets are adopted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OpenOwn)]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>Local port. For a group to open, 0 or nothing means a free one.</summary>
    [Parameter(ParameterSetName = OpenOwn)]
    [Parameter(Mandatory = true, ParameterSetName = AdoptByPort)]
    [Parameter(ParameterSetName = AdoptByProcess)]
    [Parameter(ParameterSetName = AdoptByName)]
    [Parameter(ParameterSetName = AdoptByUnit)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>Tcp, Udp or both. A group to open is Udp by default; adoption looks at both.</summary>
    [Parameter]
    public TransportProtocol[]? Protocol { get; set; }

    /// <summary>Local addresses. A group to open binds to 127.0.0.1 by default; adoption takes any.</summary>
    [Parameter]
    public IPAddress[]? Address { get; set; }

    /// <summary>Processes whose sockets are adopted, in their own network namespace; all of a pipeline become one group.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = AdoptByProcess)]
    public Process? Process { get; set; }

    /// <summary>Command names of processes whose sockets are adopted, as in /proc/PID/comm; wildcards are allowed. Where nobody of that name is in the network namespace of the shell, those in others count.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AdoptByName)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ProcessName { get; set; } = [];

    /// <summary>The systemd unit whose processes' sockets are adopted, as systemctl names it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AdoptByUnit)]
    [ValidateNotNullOrEmpty]
    public string Unit { get; set; } = "";

    /// <summary>Adopts even where a program is attached that is not ours, or cannot be seen.</summary>
    [Parameter(ParameterSetName = AdoptByPort)]
    [Parameter(ParameterSetName = AdoptByProcess)]
    [Parameter(ParameterSetName = AdoptByName)]
    [Parameter(ParameterSetName = AdoptByUnit)]
    public SwitchParameter Force { get; set; }

    /// <summary>Keeps the kernel's choice among the members as it is now: sockets that join later get no flows, until a policy gives them some.</summary>
    [Parameter(ParameterSetName = AdoptByPort)]
    [Parameter(ParameterSetName = AdoptByProcess)]
    [Parameter(ParameterSetName = AdoptByName)]
    [Parameter(ParameterSetName = AdoptByUnit)]
    public SwitchParameter Freeze { get; set; }

    /// <summary>Where a program of this module is attached whose pins are gone, makes the group of it again: it decides on, and members keep their seats, until a policy takes its place.</summary>
    [Parameter(ParameterSetName = AdoptByPort)]
    [Parameter(ParameterSetName = AdoptByProcess)]
    [Parameter(ParameterSetName = AdoptByName)]
    [Parameter(ParameterSetName = AdoptByUnit)]
    public SwitchParameter Recover { get; set; }

    /// <summary>Name or number of a Unix group whose members may open the pins of the group.</summary>
    [Parameter(ParameterSetName = AdoptByPort)]
    [Parameter(ParameterSetName = AdoptByProcess)]
    [Parameter(ParameterSetName = AdoptByName)]
    [Parameter(ParameterSetName = AdoptByUnit)]
    [ValidateNotNullOrEmpty]
    public string? PinGroup { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Process is not null)
        {
            _processIds.Add(Process.Id);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(Name, () =>
    {
        GroupCatalog groups = GroupsToChange();
        if (ParameterSetName == AdoptByName)
        {
            FindProcesses(groups);
        }

        if (PinGroup is not null)
        {
            RequireLinux(groups, nameof(PinGroup));
        }

        if (ParameterSetName == AdoptByUnit)
        {
            RequireLinux(groups, nameof(Unit));
            _processIds.AddRange(LinuxBackend.FindUnitProcesses(Unit));
        }

        if (_processIds.Count == 0 && (ParameterSetName is AdoptByProcess or AdoptByName || MyInvocation.ExpectingInput))
        {
            WriteError(new ErrorRecord(
                new ItemNotFoundException(
                    ParameterSetName == AdoptByName
                        ? $"No process named {string.Join(", ", ProcessName)} holds a TCP listener or a bound UDP socket{(BoundPort is int port ? $" on port {port}" : "")}."
                        : "No process came through the pipeline, so there is nothing to adopt. Get-Process goes by the titles that servers give their processes (Get-Process nginx*); -ProcessName goes by the name of the program."),
                "ProcessNotFound", ErrorCategory.ObjectNotFound, Name));
            return;
        }

        GroupAdoptRequest? adoption = ParameterSetName == OpenOwn ? null : Adoption();
        foreach ((KernelGroupKey kernelGroup, Attachment attachment) in adoption is { Force: true } ? groups.FindForeign(adoption) : [])
        {
            WriteWarning($"{kernelGroup} has {ForeignProgram.Describe(attachment)}. {ForeignProgram.Loss(Name, attachment)}");
        }

        if (!ShouldProcess($"group '{Name}'", adoption is null ? $"Open {SlotCount} sockets for each protocol and address" : DescribeAdoption()))
        {
            return;
        }

        using ManagedGroup group = adoption is null ? Open(groups) : groups.Adopt(adoption);
        WriteObject(new ReuseportGroup(group));
        if (adoption is not null && (Recover || Force))
        {
            WarnOfRecovered(group);
        }

        if (groups.Backend is LinuxBackend { HasMountedBpffs: true } kernel)
        {
            WriteWarning($"There was no BPF file system: one was mounted on /sys/fs/bpf to keep the group in {kernel.PinRoot}.");
        }
    });

    private string DescribeAdoption() => string.Join(
        ", and ",
        ((string?[])
        [
            "Adopt the server's sockets",
            Recover ? "take up a program of this module that has lost its pins" : null,
            Freeze ? "keep the kernel's choice among them as it is" : null,
            PinGroup is null ? null : $"open the pins to the Unix group {PinGroup}",
        ]).OfType<string>());

    private void WarnOfRecovered(ManagedGroup group)
    {
        if (group.Program is { IsRecovered: true } program)
        {
            WriteWarning($"Group '{Name}' was made again of program {string.Join(", ", group.ProgramIds)} '{program.Name}', whose pins were gone. It decides as before; its policy, the states of slots and the history are not known any more. Set-SteeringPolicy puts a policy in its place.");
        }

        if (group.CountUnseated() is > 0 and int unseated)
        {
            WriteWarning($"{unseated} of its sockets have no seat, and so get no flows by a policy: Sync-ReuseportGroup {Name} gives them one.");
        }
    }

    private void FindProcesses(GroupCatalog groups)
    {
        WildcardPattern[] patterns = [.. ProcessName.Select(name => WildcardPattern.Get(name, WildcardOptions.None))];
        SocketQuery query = new(Protocol is { Length: 1 } one ? one[0] : null, BoundPort);
        _processIds.AddRange(Named(groups.Backend.FindSockets(query)));
        if (_processIds.Count == 0)
        {
            // A name that nobody has here may be that of a server in a container.
            _processIds.AddRange(Named(groups.Backend.Survey(query).Sockets.Select(socket => socket.Record)));
        }

        IEnumerable<int> Named(IEnumerable<SocketRecord> sockets) => sockets.SelectMany(socket => socket.Owners)
            .Where(owner => patterns.Any(pattern => pattern.IsMatch(owner.Command))).Select(owner => owner.ProcessId).Distinct().Order();
    }

    private int? BoundPort => MyInvocation.BoundParameters.ContainsKey(nameof(Port)) ? Port : null;

    private ManagedGroup Open(GroupCatalog groups) => groups.Open(new GroupOpenRequest(
        Name, [.. (Protocol ?? [TransportProtocol.Udp]).Distinct()], [.. (Address ?? [IPAddress.Loopback]).Distinct()], Port, SlotCount));

    private GroupAdoptRequest Adoption()
    {
        TransportProtocol? protocol = Protocol is { Length: 1 } one ? one[0] : null;
        IPAddress? address = Address is { Length: 1 } single ? single[0] : null;
        if (Address is { Length: > 1 })
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("Adoption takes one -Address or none."), "InvalidParameterCombination", ErrorCategory.InvalidArgument, Address));
        }

        return new GroupAdoptRequest(Name, protocol, BoundPort, address, [.. _processIds], Force: Force, Freeze: Freeze, Recover: Recover, PinGroup: PinGroup is null ? null : LinuxBackend.FindUnixGroup(PinGroup));
    }

    private static void RequireLinux(GroupCatalog groups, string parameter)
    {
        if (groups.Backend is not LinuxBackend)
        {
            throw new DiagnosticException(Diagnostic.Error(
                "RPS5406", $"The simulator has neither units nor Unix groups, so that -{parameter} means nothing.", remedy: "Leave it out, or choose the kernel: Set-ReuseportBackend Linux."));
        }
    }
}
