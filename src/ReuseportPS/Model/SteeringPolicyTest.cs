using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Model;

/// <summary>What Test-SteeringPolicy found. As an object it is always true in <c>if</c>: ask for <see cref="Passed"/> or use -Quiet.</summary>
/// <param name="Passed">Whether the policy can be applied.</param>
/// <param name="Policy">Name of the policy, or of its file.</param>
/// <param name="SlotCount">Slots it was compiled for.</param>
/// <param name="InstructionCount">Instructions of the program, in 8-byte slots; 0 when it did not compile.</param>
/// <param name="MapBytes">Bytes of keys and values of its maps for this CPU count; 0 when it did not compile.</param>
/// <param name="Diagnostics">Errors, warnings and information.</param>
public sealed record SteeringPolicyTest(
    bool Passed, string Policy, int SlotCount, int InstructionCount, long MapBytes, ImmutableArray<Diagnostic> Diagnostics);
