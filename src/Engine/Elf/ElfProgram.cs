using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Elf;

/// <summary>A program of an object file.</summary>
/// <param name="Name">Name of its function; the spec has at most 15 characters of it, as the kernel.</param>
/// <param name="Section">Section that names its kind.</param>
/// <param name="Spec">The program, linked with the functions that it calls.</param>
public sealed record ElfProgram(string Name, string Section, ProgramSpec Spec);
