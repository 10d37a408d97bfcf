using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>Programs that share maps, as plain data: what an object file holds.</summary>
/// <param name="Programs">The programs. Their maps are of <paramref name="Maps"/>, the same instances.</param>
/// <param name="Maps">Every map, also those that no program refers to.</param>
/// <param name="Slots">What PROG_ARRAYs and maps of maps hold at the start.</param>
public sealed record ProgramCollection(ImmutableArray<ProgramSpec> Programs, ImmutableArray<MapSpec> Maps, ImmutableArray<MapSlot> Slots);
