using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// Samples of decisions: observe: { sample: 1/N }.
public sealed partial class ManagedGroup
{
    /// <summary>Takes the next sample of a decision out of the buffer; null when there is none at present. Whoever takes it has it: a buffer has one reader.</summary>
    /// <exception cref="DiagnosticException">The group has no policy, or one that takes no samples (RPS5325).</exception>
    public DecisionSample? TakeSample() => Sampling().TakeSample();

    /// <summary>Samples for which the buffer had no room since the policy was applied.</summary>
    /// <exception cref="DiagnosticException">The group has no policy, or one that takes no samples (RPS5325).</exception>
    public ulong CountLostSamples() => Sampling().ReadCounter(CounterKind.SampleLost);

    private LivePolicy Sampling()
    {
        if (_live is null)
        {
            throw NoPolicy("no samples");
        }

        return _live.Compiled.Maps.Samples >= 0 ? _live : throw new DiagnosticException(Diagnostic.Error(
            GroupCodes.NoSamples, $"Policy '{Policy!.Name}' of group '{Name}' reports no samples of its decisions.",
            remedy: "Write observe: { sample: 1/1000 } (or another share) into the policy and apply it with Set-SteeringPolicy."));
    }
}
