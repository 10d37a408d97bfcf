namespace ReuseportPS.Bench.Peers;

/// <summary>Runs every program in every engine, in turn and again, so that the machine's changes of speed meet all of them.</summary>
internal static class Comparison
{
    private const int Rounds = 9;
    private const double SampleNanoseconds = 25e6;
    private const int WarmUps = 6;
    private static readonly TimeSpan s_warmUpPause = TimeSpan.FromMilliseconds(120);

    /// <summary>Measures.</summary>
    /// <param name="contenders">The engines.</param>
    /// <param name="log">Gets a line on what is refused, and on where it is.</param>
    /// <exception cref="InvalidOperationException">Two engines gave a packet different things.</exception>
    public static Measurements Run(IReadOnlyList<IContender> contenders, Action<string> log)
    {
        Measurements measurements = new();
        foreach (PeerProgram program in PeerProgram.All)
        {
            List<(IContender Engine, long Runs)> running = [];
            ulong? checksum = null;
            foreach (IContender engine in contenders)
            {
                if (engine.Load(program) is string problem || measurements.IsRefused(program.Name, Family(engine), out problem!))
                {
                    measurements.Refuse(program.Name, Family(engine), problem);
                    log($"{program.Name}: {engine.Name}: {problem}");
                    continue;
                }

                // The first look also shows whether the engines agree.
                Sample first = engine.Measure(program, PacketSet.Count);
                if (first.Checksum is ulong sum && sum != (checksum ??= sum))
                {
                    throw new InvalidOperationException($"{program.Name}: {engine.Name} gives packets other slots or values than {running[0].Engine.Name}.");
                }

                running.Add((engine, WarmUp(engine, program, first.Nanoseconds)));
            }

            for (int round = 0; round < Rounds; round++)
            {
                foreach ((IContender engine, long runs) in running)
                {
                    measurements.Add(program.Name, engine.Name, engine.Measure(program, runs).Nanoseconds);
                }
            }

            log($"{program.Name}: {string.Join(", ", running.Select(one => FormattableString.Invariant($"{one.Engine.Name} {measurements.Median(program.Name, one.Engine.Name):0.00}")))}");
        }

        return measurements;
    }

    // Until .NET has replaced the code that it began with: some tenths of a second, in pieces between which it may. Runs for a sample.
    private static long WarmUp(IContender engine, PeerProgram program, double nanoseconds)
    {
        for (int i = 0; i < WarmUps; i++)
        {
            nanoseconds = engine.Measure(program, (long)(SampleNanoseconds / Math.Max(nanoseconds, 0.1))).Nanoseconds;
            Thread.Sleep(s_warmUpPause);
        }

        return (long)(SampleNanoseconds / Math.Max(nanoseconds, 0.1));
    }

    // What DPDK's validator refuses, neither of its engines runs.
    private static string Family(IContender engine) => engine.Name.Split(' ')[0];
}
