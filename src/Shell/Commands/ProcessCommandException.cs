namespace Microsoft.PowerShell.Commands;

/// <summary>A process could not be found or asked.</summary>
public sealed class ProcessCommandException(string message) : SystemException(message);
