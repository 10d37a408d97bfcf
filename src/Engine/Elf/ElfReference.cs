namespace ReuseportPS.Engine.Elf;

/// <summary>What an instruction refers to outside of its function; filled in when a program is linked.</summary>
/// <param name="Slot">The instruction, in slots from the beginning of its function.</param>
/// <param name="Function">The function that it calls or takes the address of, if any.</param>
/// <param name="KernelFunction">Name of the kernel's function that it calls, if any.</param>
/// <param name="Map">The map, when it is neither.</param>
internal readonly record struct ElfReference(int Slot, ElfFunction? Function, string? KernelFunction, int Map);
