namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Whose sockets a group's members are.</summary>
public enum GroupOwnership
{
    /// <summary>This process opened them; the group ends with the process.</summary>
    Owned,

    /// <summary>They belong to a running server; the group lives in its pins.</summary>
    Adopted,
}
