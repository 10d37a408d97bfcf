using System.Globalization;
using System.Text;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Formatting;

/// <summary>A decision as its format view shows it.</summary>
public static class DecisionText
{
    /// <summary>The packet, the conditions with what they saw, the reason; with -Detailed every instruction under the part of the policy that it is for.</summary>
    public static string Of(SteeringDecision decision)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{decision.Flow}\n");
        foreach (RuleValue value in decision.Value)
        {
            string seen = value.Seen.Length == 0 ? "" : $", saw {value.Seen}";
            text.Append(CultureInfo.InvariantCulture, $"  {(value.Holds ? "yes" : "no "),-4}{value.Rule}: {value.Condition} {value.Wanted}{seen}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"  {decision.Reason}, after {decision.InstructionCount} instructions");
        string part = "";
        foreach (SteeringDecisionStep step in decision.Step)
        {
            if (step.Part != part)
            {
                part = step.Part;
                text.Append(CultureInfo.InvariantCulture, $"\n\n{part}{(step.Place is null ? "" : $"  [{step.Place}]")}");
            }

            string effect = step.Effect.Length == 0 ? "" : $"  [{step.Effect}]";
            text.Append(CultureInfo.InvariantCulture, $"\n{step.Slot,5}: {step.Words}{effect}");
        }

        return text.ToString();
    }
}
