using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Isa;

/// <summary>Outcome of <see cref="InstructionCodec.Decode"/> or <see cref="InstructionCodec.Read"/>.</summary>
/// <param name="Instructions">The code; after <see cref="InstructionCodec.Decode"/> empty when there are diagnostics.</param>
/// <param name="Diagnostics">What is malformed; empty when the code is well formed.</param>
public sealed record DecodeResult(ImmutableArray<Instruction> Instructions, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether the code is well formed.</summary>
    public bool Succeeded => Diagnostics.IsEmpty;
}
