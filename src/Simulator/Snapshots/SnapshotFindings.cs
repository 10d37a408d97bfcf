using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>What a snapshot does not say as it was.</summary>
public static class SnapshotFindings
{
    /// <summary>Warnings, for who writes it and for who reads it.</summary>
    public static IEnumerable<Diagnostic> Of(HostSnapshot snapshot)
    {
        if (snapshot.HasMaskedAddresses)
        {
            yield return SnapshotDiagnostics.MaskedAddresses.At(null, "The addresses of the clients are masked, and previews are over the masked ones: other flows go to other slots than on the host.");
        }

        foreach (SnapshotGroup group in snapshot.Groups.Where(group => group.Program is not null))
        {
            yield return SnapshotDiagnostics.ProgramLeftOut.At(null, $"Group '{group.Name}' is steered by program '{group.Program}', which is not in the snapshot.");
        }
    }
}
