using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Elf;

/// <summary>A map of an object file.</summary>
/// <param name="Name">Name in the source; for a section of variables the name that libbpf gives its map.</param>
/// <param name="Section">Section that it comes from: <c>.maps</c>, <c>.rodata</c>, <c>.data</c>, <c>.bss</c> or one that begins like those.</param>
/// <param name="IsPinned">Whether the source asks for the map to be pinned by name (LIBBPF_PIN_BY_NAME) and shared with other programs. Left to the caller.</param>
/// <param name="Spec">The map.</param>
public sealed record ElfMap(string Name, string Section, bool IsPinned, MapSpec Spec);
