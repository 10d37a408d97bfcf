using System.Globalization;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Snapshots;

namespace ReuseportPS.Commands;

/// <summary>Export-ReuseportSnapshot: writes groups as they are now, with their live flows, so that a simulator elsewhere gives the same previews. No payload is in it.</summary>
[Cmdlet(VerbsData.Export, "ReuseportSnapshot", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(ReuseportGroupSnapshot))]
public sealed class ExportReuseportSnapshotCommand : BackendCmdlet
{
    private readonly List<(SnapshotGroup Group, ReuseportGroupSnapshot Object)> _groups = [];
    private GroupCatalog? _catalog;
    private AddressMask? _mask;

    /// <summary>Names or wildcard patterns; all groups by default.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GroupName", "Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Group { get; set; } = ["*"];

    /// <summary>The file. Without it the text is returned.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Replaces the addresses of clients: flows stay apart, clients of one prefix stay in one prefix. Previews are then over the masked addresses, and not the host's own.</summary>
    [Parameter]
    public SwitchParameter MaskAddress { get; set; }

    /// <summary>Text that the masking hangs on: the same text masks an address as the same other one. Whoever knows it can undo the masking. By default a key that is drawn and forgotten.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MaskKey { get; set; }

    /// <summary>Does not overwrite a file.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Returns the groups as they are in the file, each with its live flows as a trace.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (MaskAddress || MaskKey is not null)
        {
            _mask = new AddressMask(MaskKey is null ? RandomNumberGenerator.GetBytes(32) : Encoding.UTF8.GetBytes(MaskKey));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Group, () =>
    {
        GroupCatalog groups = Groups();
        if (groups != (_catalog ??= groups))
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"A snapshot is of one host, and other groups of it are on the {_catalog.Backend.Info.Kind} backend."), "SeveralBackends", ErrorCategory.InvalidArgument, Group));
            return;
        }

        foreach (string pattern in Group)
        {
            Guard(pattern, () =>
            {
                foreach (string name in NamesLike(groups, pattern).Where(name => !_groups.Exists(taken => taken.Group.Name == name)))
                {
                    Guard(name, () => Take(groups, name));
                }
            });
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_groups.Count == 0)
        {
            WriteWarning("No group was found, so no snapshot is written. See Get-ReuseportGroup.");
            return;
        }

        GuardFile(Path, Write, writes: true);
    }

    private void Take(GroupCatalog groups, string name)
    {
        using ManagedGroup? group = groups.Find(name);
        if (group is null)
        {
            return;
        }

        SnapshotGroup snapshot = group.Capture(GroupConnections.Of(groups.Backend, group));
        snapshot = _mask is null ? snapshot : snapshot.Masked(_mask);
        PacketTrace trace = TraceSurvey.Of(LiveTraces.Of(snapshot.Flows), _ => { }, StopToken);
        _groups.Add((snapshot, new ReuseportGroupSnapshot(group, trace, _mask is not null)));
    }

    private void Write()
    {
        // Without a simulator that was chosen, previews pretend to have a host of one CPU.
        HostSnapshot snapshot = new(
            _catalog!.Backend.Info, ModuleState.Current.SimulatorOptions ?? new SimulatorOptions { CpuCount = 1 }, _mask is not null, [.. _groups.Select(taken => taken.Group)]);
        byte[] document = SnapshotFile.Write(snapshot);
        WriteFindings(SnapshotFindings.Of(snapshot));
        if (Path is null)
        {
            WriteObject(Encoding.UTF8.GetString(document));
            return;
        }

        string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        string flows = string.Create(CultureInfo.InvariantCulture, $"{_groups.Count} groups with {_groups.Sum(taken => taken.Object.Flows)} live flows");
        if (!ShouldProcess(file, $"Write a snapshot of {flows}"))
        {
            return;
        }

        using (FileStream stream = new(file, NoClobber ? FileMode.CreateNew : FileMode.Create))
        {
            stream.Write(document);
        }

        if (PassThru)
        {
            WriteObject(_groups.Select(taken => taken.Object), enumerateCollection: true);
        }
    }
}
