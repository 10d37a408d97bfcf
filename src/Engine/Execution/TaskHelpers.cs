using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers that tell of the current task (<c>kernel/bpf/helpers.c</c>, <c>net/core/filter.c</c>), which is an input here.</summary>
internal static class TaskHelpers
{
    private const int NamespaceInfoSize = 8;

    public static void AddTo(HelperTable table) => table
        .Set(HelperId.GetCurrentPidTgid, static (machine, _, _, _, _, _) => Pair(machine.Environment.Task.ProcessId, machine.Environment.Task.ThreadId))
        .Set(HelperId.GetCurrentUidGid, static (machine, _, _, _, _, _) => Pair(machine.Environment.Task.GroupId, machine.Environment.Task.UserId))
        .Set(HelperId.GetCgroupClassId, static (machine, _, _, _, _, _) => machine.Environment.Task.CgroupClassId)
        .Set(HelperId.GetCurrentCgroupId, static (machine, _, _, _, _, _) => machine.Environment.Task.CgroupIds[^1])
        .Set(HelperId.GetNamespaceCurrentPidTgid, static (machine, device, inode, to, size, _) => GetNamespacePidTgid(machine, device, inode, to, size))
        .Set(HelperId.GetCurrentAncestorCgroupId, static (machine, level, _, _, _, _) => AncestorOf(machine.Environment.Task.CgroupIds, (int)level));

    private static ulong Pair(uint upper, uint lower) => ((ulong)upper << 32) | lower;

    private static ulong AncestorOf(ImmutableArray<ulong> cgroups, int level) => (uint)level < (uint)cgroups.Length ? cgroups[level] : 0;

    // struct bpf_pidns_info: pid, then tgid.
    private static ulong GetNamespacePidTgid(Machine machine, ulong device, ulong inode, ulong to, ulong size)
    {
        if (!machine.TryWrite(to, (int)(uint)size, out Span<byte> info))
        {
            return 0;
        }

        CurrentTask task = machine.Environment.Task;
        if ((uint)size != NamespaceInfoSize || device != task.PidNamespaceDevice || inode != task.PidNamespaceInode)
        {
            info.Clear();
            return Errno.EINVAL.Negated();
        }

        BinaryPrimitives.WriteUInt32LittleEndian(info, task.ThreadId);
        BinaryPrimitives.WriteUInt32LittleEndian(info[4..], task.ProcessId);
        return 0;
    }
}
