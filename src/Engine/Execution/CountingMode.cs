namespace ReuseportPS.Engine.Execution;

/// <summary>Near the end of the budget.</summary>
internal readonly struct CountingMode : IInterpreterMode
{
    public static bool CountsEach => true;

    public static bool Traces => false;
}
