namespace ReuseportPS.Engine.Programs;

/// <summary>A program in a PROG_ARRAY, or a map in a map of maps, before any program runs.</summary>
/// <param name="Map">The map, by its index in <see cref="ProgramCollection.Maps"/>.</param>
/// <param name="Key">The key: an index, or for a HASH_OF_MAPS a number of 4 bytes.</param>
/// <param name="Target">For a PROG_ARRAY the index of the program in <see cref="ProgramCollection.Programs"/>, otherwise that of the inner map.</param>
public readonly record struct MapSlot(int Map, uint Key, int Target);
