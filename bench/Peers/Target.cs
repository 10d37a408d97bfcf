namespace ReuseportPS.Bench.Peers;

/// <summary>A ratio that this project means to reach.</summary>
/// <param name="Id">T1 to T8.</param>
/// <param name="Text">What is compared.</param>
/// <param name="Value">What was measured; null when a peer was missing.</param>
/// <param name="Bound">The bound.</param>
/// <param name="IsLeast">Whether the bound is the least that will do; else the most.</param>
internal sealed record Target(string Id, string Text, double? Value, double Bound, bool IsLeast = false)
{
    public string Outcome => Value is not double value ? "not measured" : (IsLeast ? value >= Bound : value <= Bound) ? "met" : "missed";

    /// <summary>The targets that follow from the measurements of programs.</summary>
    public static IEnumerable<Target> Of(Measurements measurements)
    {
        string[] steering = ["b", "c", "d"];
        foreach (string program in steering)
        {
            yield return new Target("T1", $"single call, {program}: / DPDK JIT", measurements.Ratio(program, "compiled", "DPDK JIT"), 0.70);
        }

        double?[] batch = [.. steering.Select(program => measurements.Ratio(program, "compiled batch", "DPDK JIT"))];
        for (int i = 0; i < steering.Length; i++)
        {
            yield return new Target("T2, T3", $"batch, {steering[i]}: / DPDK JIT, every access proven or checked", batch[i], 0.45);
        }

        double? mean = batch.Contains(null) ? null : Math.Exp(batch.Average(ratio => Math.Log(ratio!.Value)));
        yield return new Target("T2", "batch, geometric mean of b, c, d: / DPDK JIT", mean, 0.33);
        foreach (string program in steering)
        {
            yield return new Target("T4", $"batch, {program}: / kernel JIT in a loop of its own, less its empty program there", measurements.Ratio(program, "compiled batch", "kernel JIT loop", peerNet: "e"), 0.70);
            yield return new Target("T4", $"kernel JIT, repeated, {program}: / batch", measurements.Ratio(program, "kernel JIT", "compiled batch"), 5, IsLeast: true);
            yield return new Target("T4", $"kernel, a system call for each packet, {program}: / batch", measurements.Ratio(program, "kernel call each", "compiled batch"), 250, IsLeast: true);
        }

        yield return new Target("T5", "straight arithmetic (a2): / DPDK JIT", measurements.Ratio("a2", "compiled", "DPDK JIT"), 1.0);
        foreach (string program in steering)
        {
            yield return new Target("T7", $"interpreter, {program}: / DPDK interpreter", measurements.Ratio(program, "interpreter", "DPDK interpreter"), 1.6);
        }

        foreach (string program in steering)
        {
            yield return new Target("T7", $"interpreter, {program}: / uBPF interpreter with bounds checks", measurements.Ratio(program, "interpreter", "uBPF interpreter"), 0.6);
        }
    }
}
