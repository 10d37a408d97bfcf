using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>Compiles a policy to one program and its maps. The same policy and number of slots give the same bytes everywhere.</summary>
public static class PolicyCompiler
{
    /// <summary>Most conditional jumps in a row: the verifier follows at most 8192 in one path (BPF_COMPLEXITY_LIMIT_JMP_SEQ).</summary>
    public const int MostTests = 8000;

    /// <summary>What the programs of policies are called in the kernel.</summary>
    internal const string ProgramName = "steer";

    /// <summary>Compiles.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slotCount">Slots of the group, 1 to 32768.</param>
    /// <param name="states">States of the slots, which are data; null for all active.</param>
    public static PolicyCompilation Compile(SteeringPolicy policy, int slotCount, SlotStates? states = null)
    {
        if (slotCount is < 1 or > SlotItem.HighestSlot + 1)
        {
            return new PolicyCompilation(null, [PolicyDiagnostics.BadSlotCount.At(null, string.Create(CultureInfo.InvariantCulture, $"The number of slots is {slotCount}."))]);
        }

        ImmutableArray<Diagnostic> diagnostics = PolicyValidator.Validate(policy, slotCount);
        if (diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error))
        {
            return new PolicyCompilation(null, diagnostics);
        }

        CompiledPolicy compiled = new PolicyProgramEmitter(policy, slotCount, states ?? SlotStates.AllActive).Emit();
        int tests = TestSequence.Longest(compiled.Program.Instructions.AsSpan());
        return tests <= MostTests
            ? new PolicyCompilation(compiled, diagnostics)
            : new PolicyCompilation(null, diagnostics.Add(PolicyDiagnostics.TooManyRules.At(
                policy.Places.Find("rules"), string.Create(CultureInfo.InvariantCulture, $"The rules need {tests} tests in a row; {MostTests} are the most."))));
    }
}
