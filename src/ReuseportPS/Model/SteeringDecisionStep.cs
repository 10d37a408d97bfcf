using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Formatting;

namespace ReuseportPS.Model;

/// <summary>One executed instruction of a decision.</summary>
public sealed record SteeringDecisionStep
{
    private readonly SteeringProgramStep _step;

    internal SteeringDecisionStep(SteeringPolicy policy, ProgramSpec program, TraceStep step)
    {
        _step = new SteeringProgramStep(step);
        Words = InstructionWords.Of(step);
        Part = program.Comments.Where(comment => comment.Key <= step.Slot).OrderBy(comment => comment.Key).LastOrDefault().Value ?? "";
        Place = PlaceOf(policy, Part);
    }

    /// <summary>Position in the run, from 0.</summary>
    public int Number => _step.Number;

    /// <summary>The instruction's place in the program, in 8-byte slots.</summary>
    public int Slot => _step.Slot;

    /// <summary>The part of the policy that it is for: a rule, otherwise, or what all packets need.</summary>
    public string Part { get; }

    /// <summary>Where that part stands in the policy's text; null when it is no part of it, or the policy was not read from one.</summary>
    public SourceLocation? Place { get; }

    /// <summary>The instruction as text.</summary>
    public string Instruction => _step.Instruction;

    /// <summary>What the instruction does, in words.</summary>
    public string Words { get; }

    /// <summary>What it did: registers that changed, memory, the call.</summary>
    public string Effect => _step.Effect;

    /// <inheritdoc/>
    public override string ToString() => $"{Instruction}: {Words}";

    // The compiler begins what it says of a rule with its number, counted from 1.
    private static SourceLocation? PlaceOf(SteeringPolicy policy, string part)
    {
        const string Rule = "rule ";
        if (!part.StartsWith(Rule, StringComparison.Ordinal))
        {
            return part.StartsWith("otherwise", StringComparison.Ordinal) ? policy.Places.Find("otherwise") : null;
        }

        string digits = string.Concat(part[Rule.Length..].TakeWhile(char.IsAsciiDigit));
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? policy.Places.Find(string.Create(CultureInfo.InvariantCulture, $"rules[{number - 1}]"))
            : null;
    }
}
