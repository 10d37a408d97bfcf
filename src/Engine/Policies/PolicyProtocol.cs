namespace ReuseportPS.Engine.Policies;

/// <summary>Which packets a policy decides; all others are left to the kernel's own choice and counted as not covered.</summary>
public enum PolicyProtocol
{
    /// <summary>TCP and UDP.</summary>
    Any,

    /// <summary>TCP only.</summary>
    Tcp,

    /// <summary>UDP only.</summary>
    Udp,
}
