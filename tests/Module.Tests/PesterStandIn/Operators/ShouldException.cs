namespace ReuseportPS.Module.Tests.PesterStandIn.Operators;

/// <summary>An assertion did not hold.</summary>
public sealed class ShouldException(string message) : Exception(message);
