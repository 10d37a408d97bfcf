namespace Microsoft.PowerShell.Commands;

/// <summary>What Test-Path accepts as existing.</summary>
public enum TestPathType
{
    /// <summary>Any item.</summary>
    Any,

    /// <summary>An item that can hold others, as a folder.</summary>
    Container,

    /// <summary>An item that cannot hold others, as a file.</summary>
    Leaf,
}
