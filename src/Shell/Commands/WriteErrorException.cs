namespace Microsoft.PowerShell.Commands;

/// <summary>The exception of an error that was written from a message alone.</summary>
public class WriteErrorException(string? message) : SystemException(message);
