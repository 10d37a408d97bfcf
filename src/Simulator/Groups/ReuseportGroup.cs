using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Programs;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Groups;

/// <summary>
/// A kernel group (<c>struct sock_reuseport</c>): live members at the front of one array, members that were shut down and may
/// still hand over connections at its end, the newest of these at the lowest index. The operations are those of
/// net/core/sock_reuseport.c.
/// </summary>
internal sealed class ReuseportGroup
{
    /// <summary>Members that a group starts with room for.</summary>
    public const int InitialCapacity = 128;

    /// <summary>The capacity doubles up to this: the next doubling would not fit in 16 bits.</summary>
    public const int LargestCapacity = 32768;

    private readonly FreeNumbers _ids;
    private Sock?[] _socks = new Sock?[InitialCapacity];

    private ReuseportGroup(FreeNumbers ids, Sock first, bool bindInAny)
    {
        _ids = ids;
        Id = ids.Take();
        BindInAny = bindInAny;
        Append(first);
    }

    public int Id { get; }

    public int LiveCount { get; private set; }

    public int ClosedCount { get; private set; }

    public int Capacity => _socks.Length;

    /// <summary>Members, live and closed, with SO_INCOMING_CPU set.</summary>
    public int IncomingCpuCount { get; private set; }

    public bool BindInAny { get; private set; }

    /// <summary>A member connected once: the group's choice is only a candidate of the lookup.</summary>
    public bool HasConnections { get; set; }

    /// <summary>When one of its listeners last gave a SYN cookie (synq_overflow_ts).</summary>
    public long? LastCookie;

    public KernelProgram? Program { get; private set; }

    /// <summary>The classic program that the group has in place of one.</summary>
    public ClassicProgram? Classic { get; private set; }

    public bool HasProgram => Program is not null || Classic is not null;

    public ReadOnlySpan<Sock?> Live => _socks.AsSpan(0, LiveCount);

    public ReadOnlySpan<Sock?> Closed => _socks.AsSpan(_socks.Length - ClosedCount);

    /// <summary>Gives the socket a group of its own, or takes it out of the closed section of its old one into a new one (reuseport_alloc).</summary>
    public static void Allocate(FreeNumbers ids, Sock sock, bool bindInAny)
    {
        if (sock.Group is not { } group)
        {
            _ = new ReuseportGroup(ids, sock, bindInAny);
        }
        else if (group.ClosedCount > 0)
        {
            group.Resurrect(sock, null, bindInAny);
        }
        else
        {
            group.BindInAny |= bindInAny;
        }
    }

    /// <summary>Puts the socket into the group of <paramref name="member"/>, which gets one when it has none (reuseport_add_sock). EBUSY, ENOMEM.</summary>
    public static Errno Join(FreeNumbers ids, Sock sock, Sock member, bool bindInAny)
    {
        if (member.Group is null)
        {
            Allocate(ids, member, bindInAny);
        }

        ReuseportGroup group = member.Group!;
        ReuseportGroup? old = sock.Group;
        if (old is { ClosedCount: > 0 })
        {
            return old.Resurrect(sock, group, group.BindInAny);
        }

        if (old is { LiveCount: not 1 })
        {
            return Errno.EBUSY;
        }

        if (!group.EnsureRoom())
        {
            return Errno.ENOMEM;
        }

        if (old is not null)
        {
            old.RemoveLive(sock);
            old.ReleaseWhenEmpty();
        }

        group.Append(sock);
        return Errno.None;
    }

    /// <summary>The socket leaves for good (reuseport_detach_sock); its seat in a sockarray empties with it.</summary>
    public static void Detach(Sock sock)
    {
        sock.Seat?.Vacate(sock);
        if (sock.Group is not { } group)
        {
            return;
        }

        if (!group.RemoveClosed(sock))
        {
            group.RemoveLive(sock);
        }

        sock.Group = null;
        group.ReleaseWhenEmpty();
    }

    /// <summary>A listener stops listening: it leaves, or moves to the closed section when connections may migrate (reuseport_stop_listen_sock).</summary>
    public static void StopListening(Sock sock, bool migrateByDefault)
    {
        if (sock.Group is { } group && (migrateByDefault || group.Program is { MigratesConnections: true }))
        {
            sock.Seat?.Vacate(sock);
            group.RemoveLive(sock);
            group.AppendClosed(sock);
        }
        else
        {
            Detach(sock);
        }
    }

    /// <summary>Whether the socket is in the closed section.</summary>
    public bool IsClosed(Sock sock) => sock.GroupIndex >= _socks.Length - ClosedCount;

    /// <summary>Replaces the program; the group holds the new one and lets go of the old one.</summary>
    public void SetProgram(KernelProgram? program)
    {
        KernelProgram? old = Program;
        program?.AddReference();
        Program = program;
        Classic = null;
        old?.Release();
    }

    /// <summary>Replaces the program with a classic one.</summary>
    public void SetProgram(ClassicProgram program)
    {
        SetProgram((KernelProgram?)null);
        Classic = program;
    }

    /// <summary>Keeps the counter in step when a member's SO_INCOMING_CPU is set.</summary>
    public void CountIncomingCpu(int before, int after) => IncomingCpuCount += (after >= 0 ? 1 : 0) - (before >= 0 ? 1 : 0);

    /// <summary>
    /// The member that a hash falls on (reuseport_select_sock_by_hash): in one pass over the array from there, the first that
    /// may receive; with SO_INCOMING_CPU in the group, the first that wants this CPU, else that first one.
    /// </summary>
    public Sock? SelectByHash(uint hash, int cpu, bool honoursIncomingCpu = true)
    {
        int start = (int)(((ulong)hash * (uint)LiveCount) >> 32);
        Sock? first = null;
        for (int n = 0, i = start; n < LiveCount; n++)
        {
            Sock sock = _socks[i]!;
            if (sock.State != SockState.Established)
            {
                if (IncomingCpuCount == 0 || !honoursIncomingCpu || sock.IncomingCpu == cpu)
                {
                    return sock;
                }

                first ??= sock;
            }

            if (++i == LiveCount)
            {
                i = 0;
            }
        }

        return first;
    }

    private Errno Resurrect(Sock sock, ReuseportGroup? target, bool bindInAny)
    {
        if (target == this)
        {
            RemoveClosed(sock);
            Append(sock);
            return Errno.None;
        }

        if (target is not null && !target.EnsureRoom())
        {
            return Errno.ENOMEM;
        }

        RemoveClosed(sock);
        if (target is null)
        {
            _ = new ReuseportGroup(_ids, sock, bindInAny);
        }
        else
        {
            target.Append(sock);
        }

        ReleaseWhenEmpty();
        return Errno.None;
    }

    private void Append(Sock sock)
    {
        _socks[LiveCount] = sock;
        sock.Group = this;
        sock.GroupIndex = LiveCount++;
        CountIncomingCpu(-1, sock.IncomingCpu);
    }

    /// <summary>
    /// The last live member takes the place of the one that goes. A listener that cleared SO_REUSEPORT while it was shut down listens from
    /// the closed section: it is not here, and stands there twice once it is shut down again.
    /// </summary>
    private void RemoveLive(Sock sock)
    {
        if (IsClosed(sock))
        {
            return;
        }

        int last = --LiveCount;
        Sock moved = _socks[last]!;
        _socks[sock.GroupIndex] = moved;
        moved.GroupIndex = sock.GroupIndex;
        _socks[last] = null;
        CountIncomingCpu(sock.IncomingCpu, -1);
    }

    private void AppendClosed(Sock sock)
    {
        int index = _socks.Length - ++ClosedCount;
        _socks[index] = sock;
        sock.GroupIndex = index;
        CountIncomingCpu(-1, sock.IncomingCpu);
    }

    /// <summary>The newest closed member takes the place of the one that goes.</summary>
    private bool RemoveClosed(Sock sock)
    {
        if (!IsClosed(sock))
        {
            return false;
        }

        int newest = _socks.Length - ClosedCount--;
        Sock moved = _socks[newest]!;
        _socks[sock.GroupIndex] = moved;
        moved.GroupIndex = sock.GroupIndex;
        _socks[newest] = null;
        CountIncomingCpu(sock.IncomingCpu, -1);
        return true;
    }

    /// <summary>Doubles a full array; at the limit a closed member is given up instead (reuseport_grow).</summary>
    private bool EnsureRoom()
    {
        if (LiveCount + ClosedCount < _socks.Length)
        {
            return true;
        }

        if (_socks.Length == LargestCapacity)
        {
            if (ClosedCount == 0)
            {
                return false;
            }

            Sock evicted = _socks[^ClosedCount]!;
            RemoveClosed(evicted);
            evicted.Group = null;
            return true;
        }

        Sock?[] larger = new Sock?[_socks.Length * 2];
        Live.CopyTo(larger);
        Closed.CopyTo(larger.AsSpan(larger.Length - ClosedCount));
        for (int i = larger.Length - ClosedCount; i < larger.Length; i++)
        {
            larger[i]!.GroupIndex = i;
        }

        _socks = larger;
        return true;
    }

    private void ReleaseWhenEmpty()
    {
        if (LiveCount + ClosedCount == 0)
        {
            SetProgram((KernelProgram?)null);
            _ids.Return(Id);
        }
    }
}
