using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.MapCases;

/// <summary>A map that answers: one of the Engine's, or one of the kernel's.</summary>
internal interface IMapSubject : IDisposable
{
    /// <summary>Bytes of a value as user space has it.</summary>
    int UserValueSize { get; }

    /// <summary>What follows is done on a CPU.</summary>
    void RunOn(int cpu);

    /// <summary>BPF_MAP_LOOKUP_ELEM.</summary>
    Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, ulong flags);

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_ELEM.</summary>
    Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, ulong flags);

    /// <summary>BPF_MAP_UPDATE_ELEM.</summary>
    Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags);

    /// <summary>BPF_MAP_UPDATE_ELEM with one of the case's other maps, or a descriptor that is none (-1).</summary>
    Errno UpdateMap(ReadOnlySpan<byte> key, int other, ulong flags);

    /// <summary>BPF_MAP_DELETE_ELEM.</summary>
    Errno Delete(ReadOnlySpan<byte> key);

    /// <summary>BPF_MAP_GET_NEXT_KEY.</summary>
    Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next);

    /// <summary>BPF_MAP_FREEZE.</summary>
    Errno Freeze();

    /// <summary>The next record of a ring buffer, or null.</summary>
    byte[]? Consume();

    /// <summary>Runs a program whose maps are this one and an ARRAY with one value, the arguments and what comes back.</summary>
    void Run(ProgramSpec program, Span<byte> arguments);
}
