namespace ReuseportPS.Engine.Policies;

/// <summary>What it takes to go from one compiled policy to another.</summary>
public enum PolicyChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A new bank of data; the program stays attached.</summary>
    Data,

    /// <summary>A new program.</summary>
    Program,
}
