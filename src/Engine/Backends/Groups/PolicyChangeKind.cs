namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What applying a policy does to the group.</summary>
public enum PolicyChangeKind
{
    /// <summary>Nothing: the group has this policy already.</summary>
    None,

    /// <summary>Map updates only: the program stays attached, counters go on.</summary>
    Data,

    /// <summary>A new program is attached in one step; counters start at zero.</summary>
    Program,
}
