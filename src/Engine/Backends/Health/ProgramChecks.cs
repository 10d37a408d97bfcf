using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Programs that are not ours, and those that are gone.</summary>
internal static class ProgramChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts)
    {
        foreach (KernelGroupFacts group in facts.Tested)
        {
            string program = group.Attachment switch
            {
                { State: AttachmentState.Program } attachment => string.Create(CultureInfo.InvariantCulture, $"program {attachment.ProgramId} (tag {attachment.Tag})"),
                { State: AttachmentState.Classic } => "a classic BPF program, which has no id and cannot be put back",
                _ => "",
            };
            if (program.Length > 0 && !group.IsManaged)
            {
                yield return facts.Finding(HealthFindings.ForeignProgram, $"{group.Key} has {program}. New-ReuseportGroup replaces it only with -Force.", group).As(DiagnosticSeverity.Warning);
            }
            else if (program.Length > 0 && !group.IsOurs)
            {
                yield return facts.Finding(HealthFindings.ForeignProgram, $"{group.Key} has {program}, which this project did not attach.", group);
            }
            else if (group is { IsManaged: true, ExpectsProgram: true, Attachment.State: AttachmentState.None })
            {
                yield return facts.Finding(HealthFindings.ProgramMissing, $"{group.Key} has no program.", group);
            }
        }
    }
}
