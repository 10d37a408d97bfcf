using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator.Snapshots;

namespace ReuseportPS.Commands;

/// <summary>Import-ReuseportSnapshot: a fresh simulator with the groups of a snapshot, for the previews that the host itself would give.</summary>
[Cmdlet(VerbsData.Import, "ReuseportSnapshot", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(ReuseportGroupSnapshot))]
public sealed class ImportReuseportSnapshotCommand : FileCmdlet
{
    private string? _imported;

    /// <inheritdoc/>
    private protected override void ProcessFile(string path)
    {
        if (_imported is not null)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"'{path}' is not imported: each import is a fresh simulator, and the groups of '{_imported}' would end."), "SecondSnapshot", ErrorCategory.InvalidArgument, path));
            return;
        }

        HostSnapshot snapshot = SnapshotFile.Read(path);
        if (!ShouldProcess(path, string.Create(CultureInfo.InvariantCulture, $"Choose a fresh simulator with the {snapshot.Groups.Length} groups of the snapshot for this session")))
        {
            return;
        }

        GroupCatalog groups = ModuleState.Current.ChooseSimulator(SnapshotRestorer.Restore(snapshot, PolicyFile.Text, System.IO.Path.GetFileName(path)));
        _imported = path;
        WriteUnchecked(groups.Backend.Info.Unchecked);
        WriteFindings(SnapshotFindings.Of(snapshot));
        foreach (SnapshotGroup group in snapshot.Groups)
        {
            using ManagedGroup made = groups.Find(group.Name)!;
            PacketTrace trace = TraceSurvey.Of(LiveTraces.Of(GroupConnections.Of(groups.Backend, made)), _ => { }, StopToken);
            WriteObject(new ReuseportGroupSnapshot(made, trace, snapshot.HasMaskedAddresses));
        }
    }
}
