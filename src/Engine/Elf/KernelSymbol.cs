namespace ReuseportPS.Engine.Elf;

/// <summary>A function or variable of the kernel.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Id">Its id in the kernel's types; 0 when they are not known, or have none.</param>
/// <param name="IsMissing">The kernel has none, and the program may go without.</param>
internal sealed record KernelSymbol(string Name, int Id, bool IsMissing);
