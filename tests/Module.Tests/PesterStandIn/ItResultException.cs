namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>How Set-ItResult leaves a test: neither passed nor failed.</summary>
public sealed class ItResultException(string reason) : Exception(reason);
