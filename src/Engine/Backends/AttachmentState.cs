namespace ReuseportPS.Engine.Backends;

/// <summary>What is known about the program of a group.</summary>
public enum AttachmentState
{
    /// <summary>It cannot be seen from here: treat it as foreign.</summary>
    Unknown,

    /// <summary>The group has no program.</summary>
    None,

    /// <summary>An eBPF program, with an id.</summary>
    Program,

    /// <summary>A classic BPF program: no id, cannot be put back.</summary>
    Classic,
}
