using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Which helper calls generated code does itself.</summary>
internal static class Inlining
{
    /// <summary>Bytes of the keys of all of them.</summary>
    public const int KeySize = 4;

    /// <summary>All calls that are done in line.</summary>
    public static Dictionary<(int Function, int At), InlineCall> Find(ValueBlock[] blocks, LoadedProgram program, Specialization specialization)
    {
        Dictionary<(int, int), InlineCall> found = [];
        foreach (Value value in blocks.SelectMany(block => block.Values))
        {
            if (value.Kind == ValueKind.Call && Of(value, program, specialization) is InlineCall inlined)
            {
                found.Add((value.Block.Function.Number, value.At), inlined);
            }
        }

        return found;
    }

    /// <summary>The argument with the key's address.</summary>
    public static int KeyArgument(InlineKind kind) => kind switch { InlineKind.Cpu => -1, InlineKind.Select => 2, _ => 1 };

    private static InlineCall? Of(Value call, LoadedProgram program, Specialization specialization)
    {
        if (call.Operation != Operation.CallHelper)
        {
            return null;
        }

        return (int)call.Constant switch
        {
            HelperId.GetSmpProcessorId when specialization.DefaultHelpers => new InlineCall(InlineKind.Cpu, -1),
            HelperId.MapLookupElement when specialization.DefaultHelpers && MapOf(call.Arguments[0]) is int map && HasKey(call, 1) && program.Maps[map].ProgramsMayRead => program.Maps[map].Spec.Type switch
            {
                MapType.Array => new InlineCall(InlineKind.ArrayLookup, map),
                MapType.PerCpuArray => new InlineCall(InlineKind.PerCpuLookup, map),
                _ => null,
            },
            HelperId.SkSelectReuseport when specialization.SlotSelection && MapOf(call.Arguments[1]) is int map && HasKey(call, 2)
                && ValueAnalysis.Of(call.Arguments[0]) is { Place.Kind: PlaceKind.Context, Low: 0, High: 0 } && program.Maps[map].SlotErrors is not null => new InlineCall(InlineKind.Select, map),
            _ => null,
        };
    }

    private static int? MapOf(Value value) => ValueAnalysis.Of(value) is { Place: { Kind: PlaceKind.Map } place, Low: 0, High: 0 } ? place.Map : null;

    private static bool HasKey(Value call, int argument) =>
        ValueAnalysis.Of(call.Arguments[argument]) is { Place: { Kind: PlaceKind.Stack } stack } key
        && key.Low == key.High && key.Low >= 0 && key.High + KeySize <= Machine.StackSize && stack.Function!.IsActiveIn(call.Block.Function);
}
