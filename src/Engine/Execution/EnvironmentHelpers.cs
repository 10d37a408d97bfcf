using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers that only ask the <see cref="ExecutionEnvironment"/>.</summary>
internal static class EnvironmentHelpers
{
    public static void AddTo(HelperTable table) => table
        .Set(HelperId.KtimeGetNanoseconds, static (machine, _, _, _, _, _) => machine.Environment.MonotonicTime)
        .Set(HelperId.KtimeGetBootNanoseconds, static (machine, _, _, _, _, _) => machine.Environment.BootTime)
        .Set(HelperId.KtimeGetCoarseNanoseconds, static (machine, _, _, _, _, _) => machine.Environment.CoarseTime)
        .Set(HelperId.KtimeGetTaiNanoseconds, static (machine, _, _, _, _, _) => machine.Environment.TaiTime)
        .Set(HelperId.Jiffies64, static (machine, _, _, _, _, _) => machine.Environment.Ticks)
        .Set(HelperId.GetPrandomU32, static (machine, _, _, _, _, _) => machine.Environment.NextRandom())
        .Set(HelperId.GetSmpProcessorId, static (machine, _, _, _, _, _) => (uint)machine.Environment.Cpu)
        .Set(HelperId.GetNumaNodeId, static (machine, _, _, _, _, _) => (uint)machine.Environment.NumaNode);
}
