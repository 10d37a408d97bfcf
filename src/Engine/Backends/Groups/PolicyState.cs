namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>How sure it is that the policy of a group stays.</summary>
public enum PolicyState
{
    /// <summary>It stays until it is changed.</summary>
    Active,

    /// <summary>It goes at its deadline, unless it is confirmed.</summary>
    Pending,

    /// <summary>It is the policy from before a change that nobody confirmed in time.</summary>
    RolledBack,
}
