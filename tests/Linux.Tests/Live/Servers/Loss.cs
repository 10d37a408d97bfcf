namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>What an event in the life of a server costs its clients on plain Linux.</summary>
internal enum Loss
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Requests that were under way: at most one of each client.</summary>
    UnderWay,

    /// <summary>Everything, until the server answers again.</summary>
    Outage,
}
