namespace ReuseportPS.Engine.Scenarios;

/// <summary>What an action looked at.</summary>
/// <param name="Expected">What must be there.</param>
/// <param name="Actual">What is there.</param>
/// <param name="Passed">Whether it is so.</param>
public sealed record Observation(string Expected, string Actual, bool Passed)
{
    /// <summary>An observation that passes when both texts are equal.</summary>
    public static Observation Of(string expected, string actual) => new(expected, actual, string.Equals(expected, actual, StringComparison.Ordinal));
}
