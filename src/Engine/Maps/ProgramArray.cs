using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>PROG_ARRAY: the programs that helper 12 jumps to.</summary>
public sealed class ProgramArray : BpfMap
{
    private readonly IProgramReference?[] _programs;

    internal ProgramArray(MapSpec spec, int cpuCount)
        : base(spec, cpuCount) => _programs = new IProgramReference?[spec.MaxEntries];

    /// <summary>BPF_MAP_UPDATE_ELEM with a program. Whether the program is of a kind that fits is the caller's to check.</summary>
    /// <returns>None, EPERM (frozen, or read-only for user space), EINVAL (flags), E2BIG.</returns>
    public Errno UpdateProgram(ReadOnlySpan<byte> key, IProgramReference program, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Errno refused = CheckWrite(flags);
        if (refused == Errno.None)
        {
            refused = FdArray.CheckUpdate(key, (ulong)flags, _programs.Length, out int index);
            if (refused == Errno.None)
            {
                _programs[index] = program;
            }
        }

        return refused;
    }

    /// <summary>Empties all places (<c>bpf_fd_array_map_clear</c>): what happens when the last descriptor or pin of the map goes.</summary>
    public void Clear() => Array.Clear(_programs);

    /// <summary>The program at an index; null when there is none or the index is not below max_entries.</summary>
    public IProgramReference? Find(uint index) => index < (uint)_programs.Length ? _programs[index] : null;

    /// <inheritdoc/>
    protected override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        if (Find(BinaryPrimitives.ReadUInt32LittleEndian(key)) is not IProgramReference program)
        {
            return Errno.ENOENT;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(value, program.Id);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        Errno refused = FdArray.CheckUpdate(key, flags, _programs.Length, out _);
        return refused != Errno.None ? refused : Errno.EBADF;
    }

    /// <inheritdoc/>
    protected override Errno DeleteCore(ReadOnlySpan<byte> key) => FdArray.Delete(key, _programs);

    /// <inheritdoc/>
    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => ArrayIndex.Next(key, next, _programs.Length);
}
