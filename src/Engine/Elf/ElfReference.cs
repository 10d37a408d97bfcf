namespace ReuseportPS.Engine.Elf;

/// <summary>What an instruction refers to outside of its function; filled in when a program is linked.</summary>
/// <param name="Slot">The instruction, in slots from the beginning of its function.</param>
/// <param name="Function">The function that it calls or takes the address of; null for a map.</param>
/// <param name="Map">The map.</param>
internal readonly record struct ElfReference(int Slot, ElfFunction? Function, int Map);
