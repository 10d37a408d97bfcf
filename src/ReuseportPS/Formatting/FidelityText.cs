using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Model;

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
        text.Append(CultureInfo.InvariantCulture, $"{test.LeftToKernel} left to the kernel's choice, {test.NotSent} not sent, {test.Lost} lost.");
        foreach (FidelityDifference difference in test.Differences.Take(LargestList))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{difference}");
        }

        return text.ToString();
    }
}
