using System.Diagnostics;
using System.Management.Automation;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Find-ReuseportSocket: the TCP listeners and UDP sockets of the host, as the kernel groups them, and who serves each.</summary>
[Cmdlet(VerbsCommon.Find, "ReuseportSocket")]
[OutputType(typeof(ReuseportSocket))]
public sealed class FindReuseportSocketCommand : BackendCmdlet
{
    private readonly HashSet<int> _processIds = [];
    private bool _asksProcesses;

    /// <summary>Local ports; all by default.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(0, 65535)]
    public int[]? Port { get; set; }

    /// <summary>Tcp or Udp; both by default.</summary>
    [Parameter]
    public TransportProtocol? Protocol { get; set; }

    /// <summary>Local address, exactly as bound.</summary>
    [Parameter]
    public IPAddress? Address { get; set; }

    /// <summary>Processes that hold the sockets.</summary>
    [Parameter(ValueFromPipeline = true)]
    public Process? Process { get; set; }

    /// <summary>Looks only into the network namespace that this shell is in.</summary>
    [Parameter]
    public SwitchParameter CurrentNamespace { get; set; }

    /// <summary>Leaves out sockets of which it is known that SO_REUSEPORT is not set.</summary>
    [Parameter]
    public SwitchParameter ReusePort { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Process is not null)
        {
            _asksProcesses = true;
            _processIds.Add(Process.Id);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(null, () =>
    {
        if (!_asksProcesses && MyInvocation.ExpectingInput)
        {
            return;
        }

        IReuseportBackend backend = Groups().Backend;
        ulong here = backend.CurrentNamespace.Id;
        SocketSurvey survey = backend.Survey(new SocketQuery(
            Protocol, Port is [int port] ? port : null, Address, _processIds.Count == 1 ? _processIds.First() : null,
            Namespace: CurrentNamespace ? backend.CurrentNamespace : null));
        foreach (SurveyedSocket socket in survey.Sockets.Where(IsWanted))
        {
            WriteObject(new ReuseportSocket(socket, backend.Info.Kind, socket.Record.NetworkNamespace != here));
        }

        foreach (string hidden in survey.Hidden)
        {
            WriteWarning(hidden);
        }
    });

    private bool IsWanted(SurveyedSocket socket) =>
        (Port is null || Port.Contains(socket.Record.LocalEndPoint.Port))
        && (_processIds.Count == 0 || socket.Record.Owners.Any(owner => _processIds.Contains(owner.ProcessId)))
        && (!ReusePort || socket.ReusePort != false);
}
