namespace ReuseportPS.Simulator;

/// <summary>net.ipv4.tcp_syncookies.</summary>
public enum SynCookieUse
{
    /// <summary>Never: a listener with too many requests drops SYNs.</summary>
    Never = 0,

    /// <summary>When a listener has more requests than its backlog; the default.</summary>
    WhenFull = 1,

    /// <summary>Always.</summary>
    Always = 2,
}
