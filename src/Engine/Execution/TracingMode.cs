namespace ReuseportPS.Engine.Execution;

/// <summary>Step by step.</summary>
internal readonly struct TracingMode : IInterpreterMode
{
    public static bool CountsEach => true;

    public static bool Traces => true;
}
