using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux;

/// <summary>A map of the kernel.</summary>
public sealed unsafe class LinuxMap : IBackendMap
{
    private const int FewestInBatch = 16;
    private const int MostInBatch = 1 << 18;

    private readonly int _valueLength;
    private RingBufferReader? _reader;

    private LinuxMap(SafeMapFd fd, MapSpec spec, uint id)
    {
        Fd = fd;
        Spec = spec;
        Id = id;
        _valueLength = IsPerCpu(spec.Type) ? ((spec.ValueSize + 7) & ~7) * PossibleCpus.Count : spec.ValueSize;
    }

    /// <inheritdoc/>
    public MapSpec Spec { get; }

    /// <inheritdoc/>
    public uint Id { get; }

    internal SafeMapFd Fd { get; }

    /// <inheritdoc/>
    public byte[]? Lookup(ReadOnlySpan<byte> key)
    {
        CheckLength(key, Spec.KeySize, nameof(key));
        byte[] value = new byte[_valueLength];
        nint result = Element(BpfCommand.BPF_MAP_LOOKUP_ELEM, key, value, 0);
        return result == -(int)Errno.ENOENT ? null : Done(BpfCommand.BPF_MAP_LOOKUP_ELEM, result, key) ? value : null;
    }

    /// <inheritdoc/>
    public byte[]? LookupAndDelete(ReadOnlySpan<byte> key)
    {
        CheckLength(key, Spec.KeySize, nameof(key));
        byte[] value = new byte[_valueLength];
        nint result = Element(BpfCommand.BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, value, 0);
        return result == -(int)Errno.ENOENT ? null : Done(BpfCommand.BPF_MAP_LOOKUP_AND_DELETE_ELEM, result, key) ? value : null;
    }

    /// <inheritdoc/>
    public bool Contains(ReadOnlySpan<byte> value)
    {
        if (Spec.Type != MapType.BloomFilter)
        {
            throw new InvalidOperationException($"Map '{Spec.Name}' is no Bloom filter.");
        }

        CheckLength(value, _valueLength, nameof(value));
        nint result = Element(BpfCommand.BPF_MAP_LOOKUP_ELEM, [], value, 0);
        return result != -(int)Errno.ENOENT && Done(BpfCommand.BPF_MAP_LOOKUP_ELEM, result, []);
    }

    /// <inheritdoc/>
    public byte[]? Consume()
    {
        if (Spec.Type != MapType.RingBuf)
        {
            throw new InvalidOperationException($"Map '{Spec.Name}' is no ring buffer.");
        }

        if (_reader is null)
        {
            _reader = RingBufferReader.TryOpen(Fd, Spec.MaxEntries, out nint refused);
            if (_reader is null)
            {
                throw LinuxErrors.Refused("mmap", refused, Describe());
            }
        }

        return _reader.Read();
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckLength(key, Spec.KeySize, nameof(key));
        CheckLength(value, _valueLength, nameof(value));
        Done(BpfCommand.BPF_MAP_UPDATE_ELEM, Element(BpfCommand.BPF_MAP_UPDATE_ELEM, key, value, (ulong)flags), key);
    }

    /// <inheritdoc/>
    public void UpdateAll(MapSpec contents)
    {
        WriteValues(contents.GetValues());

        // What a batch does not take is written one by one, and refused with the name of its key.
        foreach (MapEntry entry in contents.Contents.AsSpan()[WriteBatches(contents)..])
        {
            ReadOnlySpan<byte> value = entry.Value.AsSpan();
            if (value.Length == Spec.ValueSize && value.Length != _valueLength)
            {
                value = ForEveryCpu(value);
            }

            Update(entry.Key.AsSpan(), value);
        }
    }

    /// <inheritdoc/>
    public void UpdateSocket(uint index, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Span<byte> key = stackalloc byte[sizeof(uint)];
        MemoryMarshal.Write(key, in index);
        UpdateSocket(key, socket, flags);
    }

    /// <inheritdoc/>
    public void UpdateSocket(ReadOnlySpan<byte> key, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        if (socket is not LinuxSocket linuxSocket)
        {
            throw new ArgumentException("The socket is of another backend.", nameof(socket));
        }

        using FdLease lease = new(linuxSocket.Fd);
        UpdateDescriptor(key, lease.Number, flags, linuxSocket);
    }

    /// <inheritdoc/>
    public void UpdateMap(uint index, IBackendMap inner)
    {
        if (inner is not LinuxMap linuxMap)
        {
            throw new ArgumentException("The inner map is of another backend.", nameof(inner));
        }

        using FdLease lease = new(linuxMap.Fd);
        Span<byte> key = stackalloc byte[sizeof(uint)];
        MemoryMarshal.Write(key, in index);
        UpdateDescriptor(key, lease.Number, MapUpdateFlags.Any, socket: null);
    }

    /// <inheritdoc/>
    public void UpdateProgram(uint index, IBackendProgram program)
    {
        if (program is not LinuxProgram linuxProgram)
        {
            throw new ArgumentException("The program is of another backend.", nameof(program));
        }

        using FdLease lease = new(linuxProgram.Fd);
        Span<byte> key = stackalloc byte[sizeof(uint)];
        MemoryMarshal.Write(key, in index);
        UpdateDescriptor(key, lease.Number, MapUpdateFlags.Any, socket: null);
    }

    /// <inheritdoc/>
    public void Delete(ReadOnlySpan<byte> key)
    {
        CheckLength(key, Spec.KeySize, nameof(key));
        Done(BpfCommand.BPF_MAP_DELETE_ELEM, Element(BpfCommand.BPF_MAP_DELETE_ELEM, key, [], 0), key);
    }

    /// <inheritdoc/>
    public byte[]? NextKey(ReadOnlySpan<byte> key)
    {
        if (!key.IsEmpty)
        {
            CheckLength(key, Spec.KeySize, nameof(key));
        }

        byte[] next = new byte[Spec.KeySize];
        nint result = Element(BpfCommand.BPF_MAP_GET_NEXT_KEY, key, next, 0);
        return result == -(int)Errno.ENOENT ? null : Done(BpfCommand.BPF_MAP_GET_NEXT_KEY, result, key) ? next : null;
    }

    /// <inheritdoc/>
    public void Freeze()
    {
        using FdLease lease = new(Fd);
        MapElementAttributes attributes = new() { map_fd = lease.Number };
        Done(BpfCommand.BPF_MAP_FREEZE, BpfCall.Invoke(BpfCommand.BPF_MAP_FREEZE, ref attributes), []);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
        Fd.Dispose();
    }

    /// <summary>BPF_MAP_CREATE, the contents, BPF_MAP_FREEZE.</summary>
    internal static LinuxMap Create(MapSpec spec)
    {
        string target = $"map '{spec.Name}' ({spec.Type}, {spec.KeySize} byte keys, {spec.ValueSize} byte values, {spec.MaxEntries} entries)";
        using LinuxMap? template = spec.Inner is MapSpec inner ? Create(inner with { Contents = [], Frozen = false }) : null;
        MapCreateAttributes attributes = new()
        {
            map_type = (uint)spec.Type,
            key_size = (uint)spec.KeySize,
            value_size = (uint)spec.ValueSize,
            max_entries = (uint)spec.MaxEntries,
            map_flags = (uint)spec.Flags,
            numa_node = (uint)spec.NumaNode,
            map_extra = spec.Extra,
        };
        BpfCall.SetName(attributes.map_name, spec.Name);
        nint fd;
        if (template is not null)
        {
            using FdLease lease = new(template.Fd);
            attributes.inner_map_fd = lease.Number;
            fd = BpfCall.Invoke(BpfCommand.BPF_MAP_CREATE, ref attributes);
        }
        else if (spec.Btf is MapBtf described)
        {
            fd = Create(ref attributes, described, target);
        }
        else if (spec.SpinLockOffset is int offset)
        {
            nint types = SpinLockBtf.Load(spec.KeySize, spec.ValueSize, offset);
            if (types < 0)
            {
                throw LinuxErrors.Refused("BPF_BTF_LOAD", types, target);
            }

            using SafeBtfFd btf = new(types);
            using FdLease lease = new(btf);
            attributes.btf_fd = lease.Number;
            attributes.btf_key_type_id = SpinLockBtf.KeyType;
            attributes.btf_value_type_id = SpinLockBtf.ValueType;
            fd = BpfCall.Invoke(BpfCommand.BPF_MAP_CREATE, ref attributes);
        }
        else
        {
            fd = BpfCall.Invoke(BpfCommand.BPF_MAP_CREATE, ref attributes);
        }

        if (fd < 0)
        {
            throw LinuxErrors.Refused("BPF_MAP_CREATE", fd, target);
        }

        SafeMapFd safe = new(fd);
        try
        {
            LinuxMap map = new(safe, spec, ReadInfo(safe).id);
            map.Write(spec);
            return map;
        }
        catch
        {
            safe.Dispose();
            throw;
        }
    }

    // Some kinds of maps take no types; then they are made without, as by libbpf.
    private static nint Create(ref MapCreateAttributes attributes, MapBtf types, string target)
    {
        using SafeBtfFd btf = LinuxBtf.Load(types.Bytes, target);
        using FdLease lease = new(btf);
        attributes.btf_fd = lease.Number;
        attributes.btf_key_type_id = (uint)types.KeyTypeId;
        attributes.btf_value_type_id = (uint)types.ValueTypeId;
        nint fd = BpfCall.Invoke(BpfCommand.BPF_MAP_CREATE, ref attributes);
        if (fd >= 0)
        {
            return fd;
        }

        attributes.btf_fd = 0;
        attributes.btf_key_type_id = attributes.btf_value_type_id = 0;
        return BpfCall.Invoke(BpfCommand.BPF_MAP_CREATE, ref attributes);
    }

    /// <summary>A map that a descriptor is open on, with its spec as the kernel tells it. Takes the descriptor over: it is closed when this fails.</summary>
    internal static LinuxMap FromDescriptor(nint descriptor)
    {
        SafeMapFd fd = new(descriptor);
        try
        {
            return new LinuxMap(fd, ReadSpec(fd, out uint id), id);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    private static MapSpec ReadSpec(SafeMapFd fd, out uint id)
    {
        MapInfo info = ReadInfo(fd);
        if (info.key_size > int.MaxValue || info.value_size > int.MaxValue || info.max_entries > int.MaxValue)
        {
            throw LinuxErrors.Own(
                "RPS5035", Errno.None, "BPF_OBJ_GET_INFO_BY_FD", $"Map {info.id} has sizes that this module does not take.", "Open another map.");
        }

        id = info.id;
        return new MapSpec(
            BpfCall.GetName(info.name), (MapType)info.type, (int)info.key_size, (int)info.value_size, (int)info.max_entries, (MapFlags)info.map_flags)
        {
            Frozen = IsFrozen(fd),
            Extra = info.map_extra,
        };
    }

    private static MapInfo ReadInfo(SafeMapFd fd)
    {
        nint result = BpfCall.GetInfo(fd, out MapInfo info);
        return result < 0 ? throw LinuxErrors.Refused("BPF_OBJ_GET_INFO_BY_FD", result, "a map") : info;
    }

    private static bool IsFrozen(SafeMapFd fd)
    {
        using FdLease lease = new(fd);
        return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{lease.Number}"))
            .Any(line => line.StartsWith("frozen:", StringComparison.Ordinal) && line.AsSpan(7).Trim() is "1");
    }

    private static bool IsPerCpu(MapType type) =>
        type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;

    private static void CheckLength(ReadOnlySpan<byte> bytes, int length, string name)
    {
        // The kernel reads and writes this many bytes whatever the span is.
        if (bytes.Length != length)
        {
            throw new ArgumentException($"The map takes {length} bytes, not {bytes.Length}.", name);
        }
    }

    private void Write(MapSpec spec)
    {
        UpdateAll(spec);
        if (spec.Frozen)
        {
            Freeze();
        }
    }

    /// <summary>Writes the values of an array from key 0 on, many at a time, or one by one where the kernel does not take that.</summary>
    private void WriteValues(ReadOnlySpan<byte> values)
    {
        if (values.IsEmpty)
        {
            return;
        }

        int most = Math.Min(values.Length / Spec.ValueSize, MostInBatch);
        int[] keys = ArrayPool<int>.Shared.Rent(most);
        bool takesBatches = true;
        for (int done = 0; !values.IsEmpty; done += most)
        {
            int count = Math.Min(values.Length / Spec.ValueSize, most);
            ReadOnlySpan<byte> batch = values[..(count * Spec.ValueSize)];
            for (int index = 0; index < count; index++)
            {
                keys[index] = done + index;
            }

            takesBatches = takesBatches && UpdateBatch(MemoryMarshal.AsBytes(keys.AsSpan(0, count)), batch, count);
            for (int index = 0; index < count && !takesBatches; index++)
            {
                Update(MemoryMarshal.AsBytes(keys.AsSpan(index, 1)), batch.Slice(index * Spec.ValueSize, Spec.ValueSize));
            }

            values = values[batch.Length..];
        }

        ArrayPool<int>.Shared.Return(keys);
    }

    /// <summary>Writes the contents many at a time, as far as the kernel can and takes them.</summary>
    /// <returns>How many are written.</returns>
    private int WriteBatches(MapSpec spec)
    {
        ReadOnlySpan<MapEntry> entries = spec.Contents.AsSpan();
        if (entries.Length < FewestInBatch || _valueLength != Spec.ValueSize || Spec.Type is not (MapType.Array or MapType.Hash or MapType.LpmTrie))
        {
            return 0;
        }

        byte[] keys = new byte[Math.Min(entries.Length, MostInBatch) * Spec.KeySize];
        byte[] values = new byte[Math.Min(entries.Length, MostInBatch) * Spec.ValueSize];
        int done = 0;
        while (done < entries.Length)
        {
            int count = Math.Min(entries.Length - done, MostInBatch);
            for (int index = 0; index < count; index++)
            {
                ReadOnlySpan<byte> key = entries[done + index].Key.AsSpan();
                ReadOnlySpan<byte> value = entries[done + index].Value.AsSpan();
                if (key.Length != Spec.KeySize || value.Length != Spec.ValueSize)
                {
                    return done;
                }

                key.CopyTo(keys.AsSpan(index * Spec.KeySize));
                value.CopyTo(values.AsSpan(index * Spec.ValueSize));
            }

            if (!UpdateBatch(keys, values, count))
            {
                return done;
            }

            done += count;
        }

        return done;
    }

    private bool UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, int count)
    {
        using FdLease lease = new(Fd);
        fixed (byte* keyPointer = keys, valuePointer = values)
        {
            MapBatchAttributes attributes = new() { map_fd = lease.Number, keys = (ulong)keyPointer, values = (ulong)valuePointer, count = (uint)count };
            return BpfCall.Invoke(BpfCommand.BPF_MAP_UPDATE_BATCH, ref attributes) >= 0;
        }
    }

    private byte[] ForEveryCpu(ReadOnlySpan<byte> value)
    {
        byte[] values = new byte[_valueLength];
        int stride = (value.Length + 7) & ~7;
        for (int offset = 0; offset < values.Length; offset += stride)
        {
            value.CopyTo(values.AsSpan(offset));
        }

        return values;
    }

    private void UpdateDescriptor(ReadOnlySpan<byte> key, int descriptor, MapUpdateFlags flags, LinuxSocket? socket)
    {
        if (Spec.KeySize != key.Length || Spec.ValueSize is not (4 or 8))
        {
            throw new InvalidOperationException($"Map '{Spec.Name}' does not hold descriptors under {key.Length}-byte keys.");
        }

        Span<byte> value = stackalloc byte[8];
        long wide = descriptor;
        MemoryMarshal.Write(value, in wide); // little-endian: the first four bytes are the 4-byte value
        nint result = Element(BpfCommand.BPF_MAP_UPDATE_ELEM, key, value[..Spec.ValueSize], (ulong)flags);
        if (result < 0 && socket is not null)
        {
            throw LinuxErrors.Refused(
                nameof(BpfCommand.BPF_MAP_UPDATE_ELEM), result, $"{Place(key)} of {Describe()} with {socket.Describe()}", Scope);
        }

        Done(BpfCommand.BPF_MAP_UPDATE_ELEM, result, key);
    }

    private static string Place(ReadOnlySpan<byte> key) =>
        key.Length == sizeof(uint) ? string.Create(CultureInfo.InvariantCulture, $"slot {MemoryMarshal.Read<uint>(key)}") : $"key {Convert.ToHexString(key)}";

    private nint Element(BpfCommand command, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        using FdLease lease = new(Fd);
        fixed (byte* keyPointer = key, valuePointer = value)
        {
            MapElementAttributes attributes = new()
            {
                map_fd = lease.Number,
                key = (ulong)keyPointer,
                value = (ulong)valuePointer,
                flags = flags,
            };
            return BpfCall.Invoke(command, ref attributes);
        }
    }

    private string Scope => Spec.Type is MapType.ReuseportSockArray or MapType.SockMap or MapType.SockHash ? LinuxErrors.SocketMap : "";

    private string Describe() => $"map '{Spec.Name}' (id {Id}, {Spec.Type}, {Spec.MaxEntries} entries)";

    private bool Done(BpfCommand command, nint result, ReadOnlySpan<byte> key)
    {
        if (result >= 0)
        {
            return true;
        }

        string place = key.Length switch
        {
            0 => "",
            4 => $"key {MemoryMarshal.Read<uint>(key)} of ",
            _ => $"key {Convert.ToHexString(key)} of ",
        };
        throw LinuxErrors.Refused(command.ToString(), result, place + Describe(), Scope);
    }
}
