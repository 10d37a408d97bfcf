using System.Collections.Immutable;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// The task that a packet's processing interrupts, which helpers 14, 15, 17, 80, 120 and 123 tell of. In the kernel it is whichever happens to run on that
/// CPU, so what a steering program makes of it cannot be foretold; here it is an input.
/// </summary>
/// <param name="ProcessId">tgid: what user space calls a process id.</param>
/// <param name="ThreadId">pid: what user space calls a thread id.</param>
/// <param name="UserId">Effective user id.</param>
/// <param name="GroupId">Effective group id.</param>
public sealed record CurrentTask(uint ProcessId = 0, uint ThreadId = 0, uint UserId = 0, uint GroupId = 0)
{
    /// <summary>The idle task of the kernel.</summary>
    public static CurrentTask Idle { get; } = new();

    /// <summary>net_cls class id of its cgroup: helper 17.</summary>
    public uint CgroupClassId { get; init; }

    /// <summary>Ids of the cgroups it is in, from the root down to its own: helpers 80 and 123.</summary>
    public ImmutableArray<ulong> CgroupIds { get; init; } = [1];

    /// <summary>Device of its pid namespace's file (st_dev of /proc/self/ns/pid, in the kernel's encoding): helper 120.</summary>
    public uint PidNamespaceDevice { get; init; } = 4;

    /// <summary>Inode of its pid namespace's file: helper 120. The first namespace's is fixed.</summary>
    public ulong PidNamespaceInode { get; init; } = 0xeffffffc;
}
