using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Fidelity;

namespace ReuseportPS.Formatting;

/// <summary>A fidelity test as its format view shows it.</summary>
public static class FidelityText
{
    private const int LargestList = 10;

    /// <summary>Several lines: predicted and arrived by slot, what was not compared, the first differences.</summary>
    public static string Of(FidelityTest test)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{"",-10} {"Predicted",10} {"Arrived",10}\n");
        foreach (FidelitySlot slot in test.Slots)
        {
            string label = slot.Slot < 0 ? "rejected" : string.Create(CultureInfo.InvariantCulture, $"slot {slot.Slot}");
            text.Append(CultureInfo.InvariantCulture, $"{label,-10} {slot.Predicted,10} {slot.Arrived,10}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nPolicy '{test.Policy}': {test.FlowCount} flows compared, {test.DifferenceCount} differ;\n");
        text.Append(CultureInfo.InvariantCulture, $"{test.LeftToKernel} left to the kernel's choice and not predictable, {test.NotSent} not sent, {test.Lost} lost.");
        foreach (FidelityDifference difference in test.Differences.Take(LargestList))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{difference}");
        }

        return text.ToString();
    }

    /// <summary>Several lines: what was compared and by what it was decided, what was not, the first differences.</summary>
    public static string Of(TrialResult trial)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{trial.FlowCount} flows through {trial.PolicyCount} random policies, the hash and SO_INCOMING_CPU (seed {trial.Seed}):\n");
        text.Append(CultureInfo.InvariantCulture, $"{trial.ComparedCount} compared, and {trial.ComparedCounterCount} counters and {trial.ComparedSampleCount} samples of the policies; {trial.DifferenceCount} differ.\n\n");
        foreach ((string reason, int count) in trial.ComparedByReason)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count,10} compared: {reason}\n");
        }

        foreach ((string reason, int count) in trial.NotCompared)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count,10} not compared: {reason}\n");
        }

        foreach (TrialDifference difference in trial.Differences.Take(LargestList))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{difference}");
        }

        return text.ToString().TrimEnd('\n');
    }
}
