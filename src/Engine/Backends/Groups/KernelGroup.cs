using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One kernel group of a managed group: its seats, and the program attached to it.</summary>
internal sealed class KernelGroup(KernelGroupKey key, IBackendMap seats, ImmutableArray<IBackendSocket> ownSockets) : IDisposable
{
    /// <summary>Entries of every sockarray: the kernel's limit of members, because an array cannot grow and a socket cannot move.</summary>
    public const int SeatCapacity = 32768;

    public static readonly MapSpec SeatsSpec = new("seats", MapType.ReuseportSockArray, 4, 8, SeatCapacity);

    public KernelGroupKey Key { get; } = key;

    public IBackendMap Seats { get; } = seats;

    /// <summary>SO_NETNS_COOKIE of the members at adoption; 0 where it is not known. The number of a namespace that is gone is given to the next one.</summary>
    public ulong NamespaceCookie { get; init; }

    /// <summary>The program of the policy, or in its place; null when there is none.</summary>
    public IBackendProgram? Program { get; set; }

    /// <summary>The program that is attached in its stead while the policy waits to be confirmed; null otherwise.</summary>
    public IBackendProgram? Confirming { get; set; }

    /// <summary>The program of others that was last replaced by force; null when there is none. It can be put back.</summary>
    public IBackendProgram? Replaced { get; set; }

    /// <summary>The classic program this project attached; null when none is.</summary>
    public ClassicProgram? Classic { get; set; }

    /// <summary>Whichever of them it is that this project attached.</summary>
    public Attached Attached => new(Confirming ?? Program, Classic);

    /// <summary>The sockets of an owned group, by slot; empty for an adopted one.</summary>
    public ImmutableArray<IBackendSocket> OwnSockets { get; } = ownSockets;

    /// <summary>Cookie in a slot's seat, or 0 when the seat is empty.</summary>
    public ulong CookieAt(int slot) => CookieAt(Seats, slot);

    /// <summary>The same for an array that no group was made of.</summary>
    public static ulong CookieAt(IBackendMap seats, int slot) =>
        seats.Lookup(SlotKey(slot)) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;

    public static byte[] SlotKey(int slot)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(key, slot);
        return key;
    }

    public void Dispose()
    {
        Program?.Dispose();
        Replaced?.Dispose();
        Seats.Dispose();
        foreach (IBackendSocket socket in OwnSockets)
        {
            socket.Dispose();
        }
    }
}
