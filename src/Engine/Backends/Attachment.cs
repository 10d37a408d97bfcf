namespace ReuseportPS.Engine.Backends;

/// <summary>The program of a kernel group, as far as it can be seen.</summary>
/// <param name="State">What is known.</param>
/// <param name="ProgramId">Id of an eBPF program; 0 otherwise.</param>
/// <param name="Tag">Its tag; empty otherwise.</param>
/// <param name="Reason">Why the state is <see cref="AttachmentState.Unknown"/>; null otherwise.</param>
public sealed record Attachment(AttachmentState State, uint ProgramId = 0, string Tag = "", string? Reason = null);
