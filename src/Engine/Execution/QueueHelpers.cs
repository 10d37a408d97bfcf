using System.Diagnostics.CodeAnalysis;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers of maps without keys (<c>kernel/bpf/helpers.c</c>): push, pop, peek.</summary>
internal static class QueueHelpers
{
    public static void AddTo(HelperTable table) => table
        .Set(HelperId.MapPushElement, static (machine, map, value, flags, _, _) => Push(machine, map, value, flags))
        .Set(HelperId.MapPopElement, static (machine, map, value, _, _, _) => Pop(machine, map, value))
        .Set(HelperId.MapPeekElement, static (machine, map, value, _, _, _) => Peek(machine, map, value));

    private static ulong Push(Machine machine, ulong mapAddress, ulong valueAddress, ulong flags) =>
        TryGet(machine, mapAddress, writes: true, reads: false, out KeylessMap? map) && machine.TryRead(valueAddress, map.Spec.ValueSize, out ReadOnlySpan<byte> value)
            ? map.Push(value, flags).Negated()
            : 0;

    private static ulong Pop(Machine machine, ulong mapAddress, ulong valueAddress)
    {
        if (!TryGet(machine, mapAddress, writes: true, reads: true, out KeylessMap? map))
        {
            return 0;
        }

        if (!map.HasPop)
        {
            machine.Fail(FaultKind.BadArgument, mapAddress, $"nothing can be popped from map '{map.Spec.Name}' ({map.Spec.Type})");
            return 0;
        }

        return machine.TryWrite(valueAddress, map.Spec.ValueSize, out Span<byte> value) ? map.Pop(value).Negated() : 0;
    }

    private static ulong Peek(Machine machine, ulong mapAddress, ulong valueAddress)
    {
        if (!TryGet(machine, mapAddress, writes: false, reads: true, out KeylessMap? map))
        {
            return 0;
        }

        // Of a Bloom filter the value is what is asked for, and may be read-only.
        Span<byte> value;
        if (map.HasPop)
        {
            if (!machine.TryWrite(valueAddress, map.Spec.ValueSize, out value))
            {
                return 0;
            }
        }
        else if (machine.TryRead(valueAddress, map.Spec.ValueSize, out ReadOnlySpan<byte> asked))
        {
            return ((BloomFilter)map).Contains(asked).Negated();
        }
        else
        {
            return 0;
        }

        return map.Peek(value).Negated();
    }

    private static bool TryGet(Machine machine, ulong address, bool writes, bool reads, [NotNullWhen(true)] out KeylessMap? map)
    {
        map = null;
        if (!machine.TryGetMap(address, out BpfMap? found))
        {
            return false;
        }

        map = found as KeylessMap;
        if (map is null || (writes && !found.ProgramsMayWrite) || (reads && !found.ProgramsMayRead))
        {
            machine.Fail(FaultKind.BadArgument, address, $"a program may not do this with map '{found.Spec.Name}' ({found.Spec.Type}, {found.Spec.Flags})");
            map = null;
        }

        return map is not null;
    }
}
