namespace ReuseportPS.Engine.Execution;

/// <summary>As fast as can be.</summary>
internal readonly struct FastMode : IInterpreterMode
{
    public static bool CountsEach => false;

    public static bool Traces => false;
}
