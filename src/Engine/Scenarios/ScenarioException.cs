namespace ReuseportPS.Engine.Scenarios;

/// <summary>A step cannot be done: what it refers to was never made, or is gone.</summary>
/// <param name="message">What is missing.</param>
public sealed class ScenarioException(string message) : Exception(message);
