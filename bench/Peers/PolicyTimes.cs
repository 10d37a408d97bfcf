using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Bench.Peers;

/// <summary>What the policies of this project cost, their counters and banks included.</summary>
/// <param name="Name">The policy.</param>
/// <param name="InstructionSlots">Its length in 8-byte slots.</param>
/// <param name="InstructionsPerPacket">Instructions executed for a packet.</param>
/// <param name="Nanoseconds">For a packet, by form.</param>
internal sealed record PolicyTimes(string Name, int InstructionSlots, double InstructionsPerPacket, IReadOnlyList<(string Form, double Nanoseconds)> Nanoseconds)
{
    private const int Rounds = 9;
    private const int WarmUps = 6;
    private const double SampleNanoseconds = 25e6;
    private static readonly TimeSpan s_warmUpPause = TimeSpan.FromMilliseconds(120);

    /// <summary>Measures every policy in every form, in turn.</summary>
    /// <param name="log">Gets a line for each policy.</param>
    /// <exception cref="InvalidOperationException">A form gave a packet another slot than the plain evaluator, or counted otherwise than the others.</exception>
    public static IReadOnlyList<PolicyTimes> Measure(Action<string> log)
    {
        List<PolicyTimes> all = [];
        foreach (PolicyCase policy in PolicyCase.All())
        {
            PolicyRunner[] runners = PolicyRunner.All(policy.Compiled);
            Check(policy, runners);
            int[] passes = [.. runners.Select(WarmUp)];
            double[][] samples = [.. runners.Select(_ => new double[Rounds])];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < runners.Length; i++)
                {
                    samples[i][round] = Sample(runners[i], passes[i]);
                }
            }

            Array.ForEach(samples, Array.Sort);
            PolicyTimes times = new(
                policy.Name, policy.Compiled.Program.InstructionSlots, runners[^1].CountInstructions(),
                [.. runners.Select((runner, i) => (runner.Name, samples[i][Rounds / 2]))]);
            log($"{times.Name}: {string.Join(", ", times.Nanoseconds.Select(one => FormattableString.Invariant($"{one.Form} {one.Nanoseconds:0.0}")))}, {times.InstructionsPerPacket:0.0} instructions");
            all.Add(times);
        }

        return all;
    }

    private static void Check(PolicyCase policy, PolicyRunner[] runners)
    {
        PolicyEvaluator evaluator = new(policy.Policy, policy.Compiled.SlotCount);
        bool[] selectable = [.. Enumerable.Repeat(true, policy.Compiled.SlotCount)];
        foreach (PolicyRunner runner in runners)
        {
            runner.Pass();
            for (int i = 0; i < PolicyPackets.Count; i++)
            {
                if (runner.Slots[i] != evaluator.Decide(PolicyPackets.Flows[i], selectable).Slot)
                {
                    throw new InvalidOperationException($"{policy.Name}: {runner.Name} gives {PolicyPackets.Flows[i]} slot {runner.Slots[i]}.");
                }
            }

            if (runner.Sum != runners[0].Sum || !runner.ReadCounters().SequenceEqual(runners[0].ReadCounters()))
            {
                throw new InvalidOperationException($"{policy.Name}: {runner.Name} returns or counts otherwise than {runners[0].Name}.");
            }
        }
    }

    private static int WarmUp(PolicyRunner runner)
    {
        double nanoseconds = Sample(runner, 1);
        for (int i = 0; i < WarmUps; i++)
        {
            nanoseconds = Sample(runner, Passes(nanoseconds));
            Thread.Sleep(s_warmUpPause);
        }

        return Passes(nanoseconds);
    }

    private static int Passes(double nanoseconds) => Math.Max(1, (int)(SampleNanoseconds / (nanoseconds * PolicyPackets.Count)));

    private static double Sample(PolicyRunner runner, int passes)
    {
        long start = ThreadTime.Now();
        for (int pass = 0; pass < passes; pass++)
        {
            runner.Pass();
        }

        return (double)(ThreadTime.Now() - start) / passes / PolicyPackets.Count;
    }
}
