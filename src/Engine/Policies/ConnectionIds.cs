using System.Buffers.Binary;
using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>What connection ids mean: which datagrams carry one of the servers', and which slot it names.</summary>
internal static class ConnectionIds
{
    /// <summary>Bit of the first byte of a datagram that tells long headers from short ones (RFC 9000 §17).</summary>
    public const int LongHeader = 0x80;

    /// <summary>Bits of the first byte of a long header that say which packet it is.</summary>
    public const int PacketType = 0x30;

    /// <summary>Where in a long header the version is.</summary>
    public const int VersionAt = 1;

    /// <summary>Where in a long header the length of the id is.</summary>
    public const int LengthAt = 5;

    /// <summary>Where in a long header the id is.</summary>
    public const int LongIdAt = 6;

    /// <summary>Bits of the first byte of a QUIC-LB id that say which configuration it is.</summary>
    public const int ConfigShift = 5;

    /// <summary>The versions of QUIC that are known, each with the packet type of a Handshake: RFC 9000 §17.2.4, RFC 9369 §3.2.</summary>
    public static ImmutableArray<(uint Version, int Handshake)> Versions { get; } = [(1, 0x20), (0x6b3343cf, 0x30)];

    /// <summary>How many bytes of an id are looked at.</summary>
    public static int SizeOf(ConnectionIdBalancer by) => Math.Min(by.Layout.Size, by.Length - by.Layout.From);

    /// <summary>Where in a datagram the id of a server is; null when it carries one that a client chose, or none.</summary>
    /// <param name="input">The datagram.</param>
    /// <param name="by">The balancer.</param>
    /// <param name="isForeign">Whether it is an id of another length than the servers issue.</param>
    public static int? Find(in MatchInput input, ConnectionIdBalancer by, out bool isForeign)
    {
        isForeign = false;
        Span<byte> header = stackalloc byte[LongIdAt];
        if (!input.IsUdp || !input.TryReadPayload(0, header[..1]))
        {
            return null;
        }

        if ((header[0] & LongHeader) == 0)
        {
            return by.At;
        }

        if (!input.TryReadPayload(0, header))
        {
            return null;
        }

        uint version = BinaryPrimitives.ReadUInt32BigEndian(header[VersionAt..]);
        int type = header[0] & PacketType;
        isForeign = header[LengthAt] != by.Length;
        return Versions.Any(v => v.Version == version && v.Handshake == type) ? LongIdAt : null;
    }

    /// <summary>The beginnings of ids that name a slot.</summary>
    public static IEnumerable<(ImmutableArray<byte> Prefix, int Slot)> Entries(SteeringPolicy policy, IdLayout layout, int slotCount, SlotStates states)
    {
        switch (layout)
        {
            case PrefixLayout prefixes:
                foreach (IdPrefix id in prefixes.Prefixes)
                {
                    IEnumerable<byte> bytes = Enumerable.Range(0, id.Prefix.Length).Select(i => id.Prefix[i]);
                    yield return ([.. prefixes.Config is int config ? bytes.Prepend((byte)(config << ConfigShift)) : bytes], policy.ResolveSlots(id.Slot).First());
                }

                break;
            case CookieLayout:
                HashSet<ulong> seen = [];
                for (int slot = 0; slot < slotCount; slot++)
                {
                    foreach (ulong cookie in states.Cookies.TryGetValue(slot, out ImmutableArray<ulong> cookies) ? cookies : [])
                    {
                        byte[] bytes = new byte[sizeof(ulong)];
                        BinaryPrimitives.WriteUInt64BigEndian(bytes, cookie);
                        if (seen.Add(cookie))
                        {
                            yield return ([.. bytes], slot);
                        }
                    }
                }

                break;
        }
    }

    /// <summary>The entry of a table that an id means, counted from the first of the layout; -1 for none.</summary>
    /// <param name="layout">A layout with numbers.</param>
    /// <param name="id">What is looked at of the id.</param>
    /// <param name="workers">Entries of each generation.</param>
    public static long EntryOf(IdLayout layout, ReadOnlySpan<byte> id, int workers)
    {
        switch (layout)
        {
            case WorkerLayout by:
                uint worker = by.Worker.Read(id);
                return worker < workers ? worker : -1;
            case ModuloLayout by:
                return by.Number.Read(id) % workers;
            case GenerationLayout by:
                uint own = by.Worker.Read(id);
                return own < workers ? ((long)by.Generation.Read(id) * workers) + own : -1;
            default:
                return -1;
        }
    }

    /// <summary>The slot that the longest prefix of an id names; -1 for none.</summary>
    public static int SlotOf(IEnumerable<(ImmutableArray<byte> Prefix, int Slot)> entries, IdLayout layout, ReadOnlySpan<byte> id)
    {
        byte[] wanted = id.ToArray();
        if (layout is PrefixLayout { Config: not null })
        {
            wanted[0] &= unchecked((byte)(0xff << ConfigShift));
        }

        return entries.Where(e => e.Prefix.Length <= wanted.Length && wanted.AsSpan(0, e.Prefix.Length).SequenceEqual(e.Prefix.AsSpan()))
            .OrderByDescending(e => e.Prefix.Length).Select(e => (int?)e.Slot).FirstOrDefault() ?? -1;
    }
}
