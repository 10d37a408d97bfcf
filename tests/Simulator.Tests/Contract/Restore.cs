namespace ReuseportPS.Simulator.Tests.Contract;

/// <summary>Puts something back when disposed.</summary>
internal sealed class Restore(Action action) : IDisposable
{
    public void Dispose() => action();
}
