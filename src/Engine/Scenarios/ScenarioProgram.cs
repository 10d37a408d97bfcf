using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Classic;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>A program that a case has loaded.</summary>
/// <param name="Program">The live program; null for a classic one.</param>
/// <param name="Classic">The classic program, or null.</param>
/// <param name="Policy">The maps of the policy that it was compiled from, or null.</param>
internal sealed record ScenarioProgram(IBackendProgram? Program, ClassicProgram? Classic = null, LivePolicy? Policy = null) : IDisposable
{
    public void Dispose()
    {
        Program?.Dispose();
        Policy?.Dispose();
    }
}
