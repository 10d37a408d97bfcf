using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The refusal to overwrite a program that is not ours, or may not be, and what to say before it is overwritten all the same.</summary>
public static class ForeignProgram
{
    /// <summary>What is lost, or not, when a program is replaced by force; in a sentence.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="attachment">What is attached.</param>
    public static string Loss(string group, Attachment attachment) => attachment.State switch
    {
        AttachmentState.Program => $"It is replaced and kept: Restore-SteeringPolicy {group} -Foreign puts it back.",
        AttachmentState.Classic => "It is replaced, and cannot be put back: a classic BPF program has no id.",
        _ => "Whatever is there is replaced, and cannot be put back.",
    };

    /// <summary>What it is, in words.</summary>
    public static string Describe(Attachment attachment) => attachment.State switch
    {
        AttachmentState.Program => $"program {attachment.ProgramId} (tag {attachment.Tag})",
        AttachmentState.Classic => "a classic BPF program",
        _ => $"perhaps a program: it cannot be seen from here ({attachment.Reason ?? "no reason given"})",
    };

    internal static DiagnosticException Refusal(string group, KernelGroupKey kernelGroup, Attachment attachment)
    {
        string found = attachment.State switch
        {
            AttachmentState.Program => $"has {Describe(attachment)}, which this project did not attach to it",
            AttachmentState.Classic => $"has {Describe(attachment)}",
            _ => $"may have a program: it cannot be seen from here ({attachment.Reason ?? "no reason given"})",
        };
        string loss = attachment.State switch
        {
            AttachmentState.Program => "With -Force it is replaced, and kept, so that it can be put back.",
            AttachmentState.Classic => "With -Force it is replaced, and it cannot be put back: it has no id.",
            _ => "Run with CAP_BPF and CAP_PERFMON to see it; with -Force whatever is there is replaced.",
        };
        return new DiagnosticException(Diagnostic.Error(
            GroupCodes.ForeignProgram, $"{kernelGroup} for group '{group}' {found}.", remedy: loss));
    }
}
