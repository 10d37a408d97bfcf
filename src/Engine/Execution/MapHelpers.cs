using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>The map helpers (<c>kernel/bpf/helpers.c</c>).</summary>
internal static class MapHelpers
{
    public static void AddTo(HelperTable table) => table
        .Set(HelperId.MapLookupElement, static (machine, map, key, _, _, _) => machine.LookupMap(map, key, (uint)machine.Environment.Cpu))
        .Set(HelperId.MapLookupPerCpuElement, static (machine, map, key, cpu, _, _) => LookupPerCpu(machine, map, key, (uint)cpu))
        .Set(HelperId.MapUpdateElement, static (machine, map, key, value, flags, _) => Update(machine, map, key, value, flags))
        .Set(HelperId.MapDeleteElement, static (machine, map, key, _, _, _) => Delete(machine, map, key));

    private static ulong LookupPerCpu(Machine machine, ulong mapAddress, ulong keyAddress, uint cpu)
    {
        if (!machine.TryGetMap(mapAddress, out BpfMap? map))
        {
            return 0;
        }

        if (map.Spec.Type is not (MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash))
        {
            machine.Fail(FaultKind.BadArgument, mapAddress, $"map '{map.Spec.Name}' ({map.Spec.Type}) has no values per CPU");
            return 0;
        }

        return cpu < (uint)map.CpuCount ? machine.LookupMap(mapAddress, keyAddress, cpu) : 0;
    }

    private static ulong Update(Machine machine, ulong mapAddress, ulong keyAddress, ulong valueAddress, ulong flags) =>
        TryGetWritable(machine, mapAddress, out BpfMap? map)
        && machine.HasCpu(map, (uint)machine.Environment.Cpu)
        && machine.TryRead(keyAddress, map.Spec.KeySize, out ReadOnlySpan<byte> key)
        && machine.TryRead(valueAddress, map.Spec.ValueSize, out ReadOnlySpan<byte> value)
            ? map.UpdateFromProgram(key, value, flags, machine.Environment.Cpu).Negated()
            : 0;

    private static ulong Delete(Machine machine, ulong mapAddress, ulong keyAddress) =>
        TryGetWritable(machine, mapAddress, out BpfMap? map) && machine.TryRead(keyAddress, map.Spec.KeySize, out ReadOnlySpan<byte> key)
            ? map.DeleteFromProgram(key).Negated()
            : 0;

    private static bool TryGetWritable(Machine machine, ulong address, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BpfMap? map)
    {
        if (!machine.TryGetMap(address, out map))
        {
            return false;
        }

        if (!map.HasProgramUpdate || !map.ProgramsMayWrite)
        {
            machine.Fail(FaultKind.BadArgument, address, $"a program may not change map '{map.Spec.Name}' ({map.Spec.Type}, {map.Spec.Flags})");
            return false;
        }

        return true;
    }
}
