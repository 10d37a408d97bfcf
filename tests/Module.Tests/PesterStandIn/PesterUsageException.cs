namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>A test file uses the language of Pester in a way that Pester 5.9 and 6.0 do not share or do not have.</summary>
public sealed class PesterUsageException(string message) : Exception(message);
