using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The refusal to overwrite a program that is not ours, or may not be.</summary>
internal static class ForeignProgram
{
    public static DiagnosticException Refusal(string group, KernelGroupKey kernelGroup, Attachment attachment)
    {
        string found = attachment.State switch
        {
            AttachmentState.Program => $"has program {attachment.ProgramId} (tag {attachment.Tag}), which this project did not attach to it",
            AttachmentState.Classic => "has a classic BPF program",
            _ => $"may have a program: it cannot be seen from here ({attachment.Reason ?? "no reason given"})",
        };
        string loss = attachment.State switch
        {
            AttachmentState.Program => "With -Force it is replaced.",
            AttachmentState.Classic => "With -Force it is replaced, and it cannot be put back: it has no id.",
            _ => "Run with CAP_BPF and CAP_PERFMON to see it; with -Force whatever is there is replaced.",
        };
        return new DiagnosticException(Diagnostic.Error(
            GroupCodes.ForeignProgram, $"{kernelGroup} for group '{group}' {found}.", remedy: loss));
    }
}
