using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// A live map in memory, with the kernel's two sides: what bpf(2) does from user space (with the checks of <c>kernel/bpf/syscall.c</c>
/// here and those of the map type in the subclass), and what helpers do from a program. Not thread-safe: a map and the machines that
/// use it belong to one thread at a time.
/// </summary>
public abstract class BpfMap
{
    private readonly bool _userMayRead;
    private readonly bool _userMayWrite;

    /// <summary>A map that has passed the checks of creation.</summary>
    /// <param name="spec">What it is made from; its contents are written by <see cref="MapFactory"/>, not here.</param>
    /// <param name="cpuCount">Possible CPUs.</param>
    protected BpfMap(MapSpec spec, int cpuCount)
    {
        Spec = spec;
        CpuCount = cpuCount;
        Values = new MemoryRegion($"map '{spec.Name}'");
        _userMayRead = !spec.Flags.HasFlag(MapFlags.WriteOnly);
        _userMayWrite = !spec.Flags.HasFlag(MapFlags.ReadOnly);
        ProgramsMayRead = !spec.Flags.HasFlag(MapFlags.WriteOnlyProgram);
        ProgramsMayWrite = !spec.Flags.HasFlag(MapFlags.ReadOnlyProgram);
    }

    /// <summary>What it was made from.</summary>
    public MapSpec Spec { get; }

    /// <summary>Possible CPUs: values per key of a per-CPU map.</summary>
    public int CpuCount { get; }

    /// <summary>The id that a backend gave it; what a lookup in a map of maps returns.</summary>
    public uint Id { get; set; }

    /// <summary>The CPU on which user space calls, below <see cref="CpuCount"/>: which one takes free elements, and what goes from an LRU map for them, depends on it.</summary>
    public int UserCpu
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)value, (uint)CpuCount, nameof(value));
            field = value;
        }
    }

    /// <summary>Whether user space may write no more.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>The memory of the values, which programs reach through pointers; empty for a map that gives none.</summary>
    public MemoryRegion Values { get; }

    /// <summary>Bytes of a value as user space reads and writes it: for a per-CPU map all CPUs, each rounded up to 8 bytes.</summary>
    public virtual int UserValueSize => Spec.ValueSize;

    /// <summary>Whether helper 1 takes this map: the verifier refuses it on the others.</summary>
    public virtual bool HasProgramLookup => false;

    /// <summary>Whether helpers 2 and 3 take this map: the verifier refuses them on the others.</summary>
    public virtual bool HasProgramUpdate => false;

    /// <summary>Whether helper 164 takes this map: the verifier refuses it on the others.</summary>
    public virtual bool HasProgramForEach => false;

    /// <summary>No BPF_F_WRONLY_PROG.</summary>
    internal bool ProgramsMayRead { get; }

    /// <summary>No BPF_F_RDONLY_PROG.</summary>
    internal bool ProgramsMayWrite { get; }

    /// <summary>For a map of sockets and <c>SlotSelection</c>: what selecting each slot returns, as a positive errno; 0 where it selects. Set before the program is compiled.</summary>
    public int[]? SlotErrors { get; set; }

    /// <summary>Whether code generated for this map is right for another too.</summary>
    internal bool SharesCodeWith(BpfMap other) =>
        Spec == other.Spec && CpuCount == other.CpuCount && ProgramsMayRead == other.ProgramsMayRead
        && SlotErrors is null == other.SlotErrors is null
        && Values.RowStride == other.Values.RowStride && Values.RowShift == other.Values.RowShift
        && Values.Allows(write: false) == other.Values.Allows(write: false) && Values.Allows(write: true) == other.Values.Allows(write: true);

    /// <summary>Where the machine that used the map last keeps it; only a hint.</summary>
    internal int Place { get; set; }

    /// <summary>BPF_MAP_LOOKUP_ELEM.</summary>
    /// <param name="key">The key, of the map's key size.</param>
    /// <param name="value">Receives the value: <see cref="UserValueSize"/> bytes.</param>
    /// <param name="flags">BPF_F_LOCK, where values have a spin lock; else 0.</param>
    /// <returns>None, ENOENT, EINVAL (flags), EPERM (write-only for user space), or an error of the map type.</returns>
    public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, ulong flags = 0)
    {
        CheckKey(key);
        return (flags & ~(ulong)MapUpdateFlags.Lock) != 0 ? Errno.EINVAL
            : !_userMayRead ? Errno.EPERM
            : LacksLock(flags) ? Errno.EINVAL
            : LookupCore(key, value);
    }

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_ELEM: the value of a key, which is deleted; a pop of a queue or stack.</summary>
    /// <param name="key">The key; empty for a queue or stack.</param>
    /// <param name="value">Receives the value: <see cref="UserValueSize"/> bytes.</param>
    /// <param name="flags">BPF_F_LOCK, where values have a spin lock; else 0.</param>
    /// <returns>None, ENOENT, EINVAL (flags), EPERM (read- or write-only for user space, or frozen), ENOTSUPP (a type that has no such thing).</returns>
    public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, ulong flags = 0)
    {
        CheckKey(key);
        return (flags & ~(ulong)MapUpdateFlags.Lock) != 0 ? Errno.EINVAL
            : !IsWritable || !_userMayRead ? Errno.EPERM
            : LacksLock(flags) ? Errno.EINVAL
            : LookupAndDeleteCore(key, value);
    }

    /// <summary>BPF_MAP_UPDATE_ELEM with bytes.</summary>
    /// <returns>None, EPERM (frozen, or read-only for user space), EINVAL (flags), or an error of the map type: EEXIST, ENOENT, E2BIG and so on.</returns>
    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckKey(key);
        Errno refused = CheckWrite(flags);
        return refused != Errno.None ? refused : UpdateCore(key, value, (ulong)flags);
    }

    /// <summary>BPF_MAP_DELETE_ELEM.</summary>
    /// <returns>None, EPERM (frozen, or read-only for user space), ENOENT, or an error of the map type.</returns>
    public Errno Delete(ReadOnlySpan<byte> key)
    {
        CheckKey(key);
        return IsWritable ? DeleteCore(key) : Errno.EPERM;
    }

    /// <summary>BPF_MAP_GET_NEXT_KEY.</summary>
    /// <param name="key">A key, or empty for the first.</param>
    /// <param name="next">Receives the next key.</param>
    /// <returns>None, ENOENT at the end, EPERM (write-only for user space), or an error of the map type.</returns>
    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        if (!key.IsEmpty)
        {
            CheckKey(key);
        }

        return _userMayRead ? NextKeyCore(key, next) : Errno.EPERM;
    }

    /// <summary>BPF_MAP_FREEZE.</summary>
    /// <returns>None, EPERM when it is frozen already or read-only for user space, or ENOTSUPP when values have a spin lock.</returns>
    public Errno Freeze()
    {
        if (Spec.SpinLockOffset is not null)
        {
            return Errno.ENOTSUPP;
        }

        if (!IsWritable)
        {
            return Errno.EPERM;
        }

        IsFrozen = true;
        return Errno.None;
    }

    /// <summary>Helper 1 and 195: where in <see cref="Values"/> the value of a key is.</summary>
    /// <param name="key">The key, of the map's key size.</param>
    /// <param name="cpu">CPU whose value is meant, below <see cref="CpuCount"/>.</param>
    /// <param name="offset">Offset in <see cref="Values"/>.</param>
    public virtual bool TryFindValue(ReadOnlySpan<byte> key, int cpu, out uint offset)
    {
        offset = 0;
        return false;
    }

    /// <summary>Helper 2: an update by a program on a CPU.</summary>
    /// <returns>None, or the error that the helper returns negated.</returns>
    public virtual Errno UpdateFromProgram(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu) => Errno.ENOTSUPP;

    /// <summary>Helper 3: a delete by a program.</summary>
    /// <returns>None, or the error that the helper returns negated.</returns>
    public virtual Errno DeleteFromProgram(ReadOnlySpan<byte> key) => Errno.ENOTSUPP;

    /// <summary>Helper 164: the element after another one, in the kernel's order. False at the end.</summary>
    /// <param name="element">Number of the element before, -1 for the first; receives that of the element.</param>
    /// <param name="cpu">CPU whose value is meant.</param>
    /// <param name="key">Receives the key.</param>
    /// <param name="offset">Offset of the value in <see cref="Values"/>.</param>
    internal virtual bool NextElement(ref int element, int cpu, Span<byte> key, out uint offset)
    {
        offset = 0;
        return false;
    }

    /// <summary>A run ended that still had something of the map at an offset in <see cref="Values"/>: a spin lock it held, a record it was writing.</summary>
    internal virtual void Abandon(uint offset) => Values.TryFind(offset, SpinLockField.Size).Clear();

    /// <summary>Lookup by user space, after the common checks.</summary>
    protected abstract Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value);

    /// <summary>Lookup and delete by user space, after the common checks.</summary>
    protected virtual Errno LookupAndDeleteCore(ReadOnlySpan<byte> key, Span<byte> value) => Errno.ENOTSUPP;

    /// <summary>Update by user space, after the common checks. BPF_F_LOCK is refused before where values have no lock.</summary>
    protected abstract Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags);

    /// <summary>Delete by user space, after the common checks.</summary>
    protected abstract Errno DeleteCore(ReadOnlySpan<byte> key);

    /// <summary>Next key, after the common checks; <paramref name="key"/> is empty for the first.</summary>
    protected abstract Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next);

    /// <summary>The checks of an update that come before those of the map type, for updates that do not carry bytes (sockets, maps, programs).</summary>
    protected Errno CheckWrite(MapUpdateFlags flags) =>
        !IsWritable ? Errno.EPERM
        : LacksLock((ulong)flags) ? Errno.EINVAL
        : Errno.None;

    private bool LacksLock(ulong flags) => (flags & (ulong)MapUpdateFlags.Lock) != 0 && Spec.SpinLockOffset is null;

    private bool IsWritable => !IsFrozen && _userMayWrite;

    private void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Spec.KeySize)
        {
            throw new ArgumentException($"The key has {key.Length} bytes, the keys of map '{Spec.Name}' have {Spec.KeySize}.", nameof(key));
        }
    }
}
