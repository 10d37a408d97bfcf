using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Linux.Environments;

/// <summary>Programs that call one helper each: those that the programs of policies and of groups call.</summary>
internal static class HelperProbe
{
    private const short Stack = -8;

    private static readonly MapSpec s_array = new("rps_probe", MapType.Array, 4, 8, 1);
    private static readonly MapSpec s_table = new("rps_probe", MapType.LruHash, 4, 8, 64);
    private static readonly MapSpec s_seats = new("rps_probe", MapType.ReuseportSockArray, 4, 8, 1);
    private static readonly MapSpec s_ways = new("rps_probe", MapType.ProgArray, 4, 4, 1);
    private static readonly MapSpec s_samples = new("rps_probe", MapType.RingBuf, 0, 0, 1 << 16);

    /// <summary>The helpers, with the map that each is called with and what it is called for.</summary>
    public static ImmutableArray<(int Helper, MapSpec? Map, string Use)> All { get; } =
    [
        (HelperId.MapLookupElement, s_array, "Every policy"),
        (HelperId.SkSelectReuseport, s_seats, "Every policy"),
        (HelperId.SkbLoadBytes, null, "Policies that look at ports or into the payload"),
        (HelperId.SkbLoadBytesRelative, null, "Policies that look at addresses"),
        (HelperId.MapUpdateElement, s_table, "Flow tables (sticky)"),
        (HelperId.MapDeleteElement, s_table, "Flow tables (sticky)"),
        (HelperId.KtimeGetNanoseconds, null, "Flow tables, loads and samples"),
        (HelperId.RingBufferOutput, s_samples, "Samples (observe)"),
        (HelperId.GetPrandomU32, null, "Policies by random and least-loaded"),
        (HelperId.GetSmpProcessorId, null, "Policies by cpu and round-robin"),
        (HelperId.GetNumaNodeId, null, "Policies by numa"),
        (HelperId.KtimeGetBootNanoseconds, null, "Set-SteeringPolicy -ConfirmWithin"),
        (HelperId.TailCall, s_ways, "Set-SteeringPolicy -ConfirmWithin"),
    ];

    /// <summary>A program with one call of a helper.</summary>
    public static ProgramSpec Program(int helper) => new(
        "rps_probe", ProgramType.SkReuseport, AttachType.SkReuseportSelect,
        [
            Instructions.StoreImmediate(MemorySize.DoubleWord, R10, Stack, 0),
            .. Arguments(helper),
            Instructions.CallHelper(helper),
            Instructions.MoveImmediate(R0, 1),
            Instructions.Exit(),
        ],
        []);

    private static Instruction[] Arguments(int helper) => helper switch
    {
        HelperId.MapLookupElement or HelperId.MapDeleteElement => [Instructions.LoadMap(R1, 0), .. PointAtStack(R2)],
        HelperId.MapUpdateElement => [Instructions.LoadMap(R1, 0), .. PointAtStack(R2), .. PointAtStack(R3), Instructions.MoveImmediate(R4, 0)],
        HelperId.RingBufferOutput => [Instructions.LoadMap(R1, 0), .. PointAtStack(R2), Instructions.MoveImmediate(R3, 8), Instructions.MoveImmediate(R4, 0)],
        HelperId.SkSelectReuseport => [Instructions.LoadMap(R2, 0), .. PointAtStack(R3), Instructions.MoveImmediate(R4, 0)],
        HelperId.SkbLoadBytes or HelperId.SkbLoadBytesRelative =>
            [Instructions.MoveImmediate(R2, 0), .. PointAtStack(R3), Instructions.MoveImmediate(R4, 4), Instructions.MoveImmediate(R5, 1)],
        HelperId.TailCall => [Instructions.LoadMap(R2, 0), Instructions.MoveImmediate(R3, 0)],
        _ => [],
    };

    private static Instruction[] PointAtStack(Register register) => [Instructions.Move(register, R10), Instructions.Alu64(AluOperation.Add, register, Stack)];
}
