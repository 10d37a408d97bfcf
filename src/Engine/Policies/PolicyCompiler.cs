using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>Compiles a policy to one program and its maps. The same policy and number of slots give the same bytes everywhere.</summary>
public static class PolicyCompiler
{
    /// <summary>Compiles.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slotCount">Slots of the group, 1 to 32768.</param>
    public static PolicyCompilation Compile(SteeringPolicy policy, int slotCount)
    {
        if (slotCount is < 1 or > SlotItem.HighestSlot + 1)
        {
            return new PolicyCompilation(null, [PolicyDiagnostics.BadSlotCount.At(null, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The number of slots is {slotCount}."))]);
        }

        ImmutableArray<Diagnostic> diagnostics = PolicyValidator.Validate(policy, slotCount);
        return diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error)
            ? new PolicyCompilation(null, diagnostics)
            : new PolicyCompilation(new PolicyProgramEmitter(policy, slotCount).Emit(), diagnostics);
    }
}
