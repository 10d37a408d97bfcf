namespace ReuseportPS.Engine.Elf;

/// <summary>Names as the kernel takes them: at most 15 characters of letters, digits, dot and underscore.</summary>
internal static class ObjectName
{
    private const int Most = 15; // BPF_OBJ_NAME_LEN and its NUL
    private const int LeastSuffix = 7;

    /// <summary>As much of a name as the kernel keeps.</summary>
    internal static string Of(string name)
    {
        Span<char> kept = stackalloc char[Math.Min(name.Length, Most)];
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] is '_' or '.' ? name[i] : '_';
        }

        return new string(kept);
    }

    /// <summary>
    /// Name of the map of a section of variables, as libbpf forms it: <c>.rodata</c> of <c>p01_hash_mod.v2.o</c> gives <c>p01_hash.rodata</c>. The section has at least
    /// 7 characters; a section with a second dot (<c>.rodata.str1.1</c>) keeps its own name.
    /// </summary>
    internal static string OfSection(string fileName, string section)
    {
        string file = fileName[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        int dot = file.IndexOf('.', StringComparison.Ordinal);
        file = dot < 0 ? file : file[..dot];
        int prefix = section.AsSpan(1).Contains('.') ? 0 : Math.Clamp(Most - Math.Max(section.Length, LeastSuffix), 0, file.Length);
        return Of(file[..prefix] + section);
    }
}
