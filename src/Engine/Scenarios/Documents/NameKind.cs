namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>What a name is the name of.</summary>
internal enum NameKind
{
    /// <summary>A socket of a server.</summary>
    Socket,

    /// <summary>One end of a connection.</summary>
    Connection,

    /// <summary>A map.</summary>
    Map,

    /// <summary>A program.</summary>
    Program,

    /// <summary>A process.</summary>
    Process,
}
