using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers that call back: <c>bpf_loop</c> (<c>kernel/bpf/bpf_iter.c</c>) and <c>bpf_for_each_map_elem</c>.</summary>
internal static class LoopHelpers
{
    /// <summary>BPF_MAX_LOOPS.</summary>
    public const int MaxLoops = 8 << 20;

    public static void AddTo(HelperTable table) => table
        .Set(HelperId.Loop, static (machine, count, function, context, flags, _) => Loop(machine, count, function, context, flags))
        .Set(HelperId.ForEachMapElement, static (machine, map, function, context, flags, _) => ForEach(machine, map, function, context, flags));

    // The verifier puts the loop into the program where the flags are known to be 0, which they nearly always are. That code looks at all 64 bits of
    // the count, and its E2BIG has 32 (observed on 6.18).
    private static ulong Loop(Machine machine, ulong count, ulong function, ulong context, ulong flags)
    {
        if (flags != 0)
        {
            return Errno.EINVAL.Negated();
        }

        if (count > MaxLoops)
        {
            return Errno.E2BIG.Negated32();
        }

        for (ulong i = 0; i < count; i++)
        {
            if (!machine.TryCall(function, i, context, 0, 0, out ulong stop))
            {
                return 0;
            }

            if (stop != 0)
            {
                return i + 1;
            }
        }

        return count;
    }

    private static ulong ForEach(Machine machine, ulong mapAddress, ulong function, ulong context, ulong flags)
    {
        uint cpu = (uint)machine.Environment.Cpu;
        if (!machine.TryGetMap(mapAddress, out BpfMap? map) || !machine.HasCpu(map, cpu))
        {
            return 0;
        }

        if (!map.HasProgramForEach)
        {
            machine.Fail(FaultKind.BadArgument, mapAddress, $"map '{map.Spec.Name}' ({map.Spec.Type}) cannot be walked");
            return 0;
        }

        if (flags != 0)
        {
            return Errno.EINVAL.Negated();
        }

        ulong visited = 0;
        int element = -1;
        while (map.NextElement(ref element, (int)cpu, machine.KeyBuffer(map.Spec.KeySize), out uint offset))
        {
            visited++;
            ulong key = machine.ShowKey(map.Spec.KeySize);
            bool returned = machine.TryCall(function, mapAddress, key, Machine.ValueAddress(mapAddress, offset), context, out ulong stop);
            machine.HideKey();
            if (!returned || stop != 0)
            {
                break;
            }
        }

        return visited;
    }
}
