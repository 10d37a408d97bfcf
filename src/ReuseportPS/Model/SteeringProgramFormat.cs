namespace ReuseportPS.Model;

/// <summary>How a program is kept in a file.</summary>
public enum SteeringProgramFormat
{
    /// <summary>By the file's first bytes, else by its name.</summary>
    Auto,

    /// <summary>Text of docs/assembly.md: .bpfasm, .s, .asm.</summary>
    Assembly,

    /// <summary>Instructions of 8 bytes and nothing else: .bin.</summary>
    Bytes,

    /// <summary>An object file of clang: .o. It is read, not written.</summary>
    Object,

    /// <summary>Classic BPF as tcpdump -ddd writes it: .ddd, or a text that begins with a number on a line of its own.</summary>
    Classic,

    /// <summary>Classic BPF as bytes (struct sock_filter).</summary>
    ClassicBytes,
}
