using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// The program of a real server's group is replaced as fast as it can be, and weights and states change in between, while connections to nginx or queries to unbound arrive from all
/// over 127.0.0.0/8. Nothing is lost that is not lost without us, and every decision is the one of data that were current then.
/// </summary>
public sealed class ReplacementLoadTests : LinuxTest
{
    private const int Workers = 4;
    private const int Clients = 4;

    private static readonly bool[] s_all = [true, true, true, true];

    /// <summary>Two whose programs differ.</summary>
    private static readonly SteeringPolicy[] s_policies =
    [
        Policy("""
            version: 1
            policy: weights
            otherwise: { by: weighted, weights: { 0: 10, 1: 20, 2: 30, 3: 40 }, key: [source, source-port] }
            observe: { sample: 1/1 }
            """),
        Policy("""
            version: 1
            policy: halves
            rules:
              - name: low
                when: { source: 127.0.0.0/9 }
                steer: { by: weighted, weights: { 0: 1, 1: 1 }, key: [source, source-port] }
            otherwise: { by: weighted, weights: { 2: 50, 3: 25, 0: 1 }, key: [source, source-port] }
            observe: { sample: 1/1 }
            """),
    ];

    private readonly string _name = "replaced-" + Guid.NewGuid().ToString("N")[..8];

    [Theory]
    [InlineData("nginx")]
    [InlineData("unbound")]
    public void Nothing_is_lost_while_the_program_is_replaced(string server) => Run(server, requests: 3000, seed: 1, TimeSpan.FromMilliseconds(1));

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData("nginx")]
    [InlineData("unbound")]
    public void Nothing_is_lost_while_the_program_is_replaced_for_long(string server)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        Run(server, Number("REUSEPORTPS_REQUESTS", 1_000_000), Number("REUSEPORTPS_SEED", 2), TimeSpan.Zero);
    }

    private static SteeringPolicy Policy(string text) => PolicyYaml.Read(text).Policy ?? throw new InvalidOperationException(text);

    private void Run(string name, int requests, int seed, TimeSpan pause)
    {
        using SteeredServer server = name == "nginx" ? new NginxServer(Namespace) : new UnboundServer(Namespace);
        server.Require();
        server.Start(Workers);
        TransportProtocol protocol = name == "nginx" ? TransportProtocol.Tcp : TransportProtocol.Udp;
        (ImmutableArray<RequestFailure> plain, long plainDrops) = Ask(server, protocol, requests, seed, pause, _ => { });

        using GroupCatalog groups = new(Backend, new PolicyText(PolicyYaml.Write, Policy), Namespace);
        try
        {
            using ManagedGroup group = groups.Adopt(new GroupAdoptRequest(_name, protocol, SteeredServer.EndPoint.Port, null, [], Namespace));
            using Samples samples = new(Backend, _name);
            Changes changes = new(Backend, group, samples, new Random(seed));
            changes.Begin();
            (ImmutableArray<RequestFailure> failures, long drops) = Ask(server, protocol, requests, seed + Clients, pause, load => changes.MakeUntil(() => load.IsOver));
            groups.Remove(_name);
            samples.Dispose();

            Say($"{name}: {requests} requests over {protocol}, {changes.Replaced} programs and {changes.Changed} weights and states in their midst ({changes.Refused} refused): {RequestFailure.Summarize(failures)} failed, {drops} dropped for want of room; without us {RequestFailure.Summarize(plain)} failed, {plainDrops} dropped. {samples.Taken.Count} decisions seen, {samples.Lost} not reported (seed {seed})");
            Assert.True(failures.Length <= Math.Max(plain.Length, drops), RequestFailure.Summarize(failures));
            Assert.True(samples.Taken.Count + samples.Lost >= requests - failures.Length, $"{requests - samples.Taken.Count - samples.Lost} decisions are missing.");
            Assert.True(changes.Replaced > 1);
            int wrong = 0;
            ILookup<uint, Period> periods = changes.Periods.ToLookup(period => period.Epoch);
            foreach (DecisionSample sample in samples.Taken)
            {
                wrong += periods[sample.Epoch].Any(period => period.Explains(sample)) ? 0 : 1;
            }

            Assert.True(wrong == 0, $"{wrong} of {samples.Taken.Count} decisions are not those of data that were current.");
        }
        finally
        {
            if (Backend.Pins.List().Contains(_name))
            {
                Backend.Pins.Remove(_name);
            }
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    /// <summary>So many requests, and what goes on meanwhile: the failures, and the datagrams for which a receive buffer had no room.</summary>
    private (ImmutableArray<RequestFailure> Failures, long Drops) Ask(SteeredServer server, TransportProtocol protocol, int requests, int seed, TimeSpan pause, Action<RequestLoad> meanwhile)
    {
        long before = ReceiveBufferErrors();
        using RequestLoad load = new(Namespace, server, [protocol], Clients, seed, requests) { Pause = pause };
        meanwhile(load);
        load.AwaitEnd();
        ImmutableArray<RequestFailure> failures = load.Failures();
        Assert.Equal(requests, load.Answered + failures.Length);
        return (failures, ReceiveBufferErrors() - before);
    }

    private long ReceiveBufferErrors() => Namespace.Run(() =>
    {
        string[][] udp = [.. File.ReadLines("/proc/thread-self/net/snmp").Where(line => line.StartsWith("Udp:", StringComparison.Ordinal)).Select(line => line.Split(' '))];
        return long.Parse(udp[1][Array.IndexOf(udp[0], "RcvbufErrors")], CultureInfo.InvariantCulture);
    });

    /// <summary>Data that were current under an epoch, from before they were stored until nobody could be reading them any more.</summary>
    private sealed record Period(uint Epoch, PolicyEvaluator Evaluator, ulong Begin)
    {
        public ulong End { get; set; } = ulong.MaxValue;

        public bool Explains(DecisionSample sample) =>
            sample.Time >= Begin && sample.Time <= End && sample.Verdict == PolicyVerdict.Slot && Evaluator.Decide(sample.Flow, s_all).Slot == sample.Slot;
    }

    /// <summary>Replaces the program, then changes a weight or a state, and so on.</summary>
    private sealed class Changes(LinuxBackend backend, ManagedGroup group, Samples samples, Random random)
    {
        public List<Period> Periods { get; } = [];

        public int Replaced { get; private set; }

        public int Changed { get; private set; }

        public int Refused { get; private set; }

        /// <summary>Applies the first policy.</summary>
        public void Begin() => Make(Replace);

        /// <summary>Goes on until something is over.</summary>
        public void MakeUntil(Func<bool> isOver)
        {
            while (!isOver())
            {
                Make(Change);
                Make(Replace);
            }
        }

        private void Make(Func<bool> change)
        {
            ulong begin = backend.MonotonicTime;
            if (!change())
            {
                return;
            }

            if (Periods.Count > 0)
            {
                Periods[^1].End = backend.MonotonicTime;
            }

            Periods.Add(new Period(group.Epoch, new PolicyEvaluator(group.Policy!, Workers, group.States), begin));
        }

        private bool Replace()
        {
            Assert.Equal(PolicyChange.Program, group.Apply(s_policies[Replaced++ % 2]).Change);
            backend.WaitForReaders();
            samples.Follow(group.Compiled!.Counters);
            return true;
        }

        private bool Change()
        {
            try
            {
                SlotOutcome outcome = group.Change(new SlotChange([SlotItem.Of(random.Next(2))])
                {
                    Weight = random.Next(2) > 0 ? random.Next(100) : null,
                    State = (SlotState)random.Next(3),
                });
                Changed++;
                return outcome.EpochAfter != outcome.EpochBefore;
            }
            catch (DiagnosticException exception) when (exception is not BackendException)
            {
                // Nobody would be left.
                Refused++;
                return false;
            }
        }
    }

    /// <summary>Takes the samples of one program after the other; those of a program that is replaced to the last.</summary>
    private sealed class Samples : IDisposable
    {
        private const string Prefix = "samples-";

        private readonly LinuxBackend _backend;
        private readonly string _group;
        private readonly ConcurrentQueue<Buffer> _buffers = new();
        private readonly Thread _thread;
        private volatile bool _isLast;

        public Samples(LinuxBackend backend, string group)
        {
            (_backend, _group) = (backend, group);
            _thread = new Thread(Take);
            _thread.Start();
        }

        public List<DecisionSample> Taken { get; } = [];

        /// <summary>Samples for which there was no room.</summary>
        public long Lost { get; private set; }

        /// <summary>Goes on with the program that is there now; the one before decides nothing any more.</summary>
        public void Follow(CounterLayout layout)
        {
            using IPinFolder pins = _backend.Pins.Open(_group)!;
            string name = pins.Names.Single(name => name.StartsWith(Prefix, StringComparison.Ordinal));
            _buffers.Enqueue(new Buffer(pins.OpenMap(name)!, pins.OpenMap(string.Concat("counters-", name.AsSpan(Prefix.Length)))!, layout));
        }

        public void Dispose()
        {
            _isLast = true;
            _thread.Join();
        }

        private void Take()
        {
            while (true)
            {
                // A successor, or the end, is there only when this one gets no more.
                bool isOver = _buffers.Count > 1 || _isLast;
                if (_buffers.TryPeek(out Buffer? buffer))
                {
                    while (buffer.Map.Consume() is byte[] record)
                    {
                        Taken.Add(DecisionSample.Read(record));
                    }

                    if (isOver)
                    {
                        Lost += buffer.CountLost();
                        buffer.Dispose();
                        _buffers.TryDequeue(out _);
                        continue;
                    }
                }
                else if (isOver)
                {
                    return;
                }

                Thread.Sleep(1);
            }
        }

        private sealed record Buffer(IBackendMap Map, IBackendMap Counters, CounterLayout Layout) : IDisposable
        {
            public long CountLost() => (long)Layout.Read(Counters.Lookup(new byte[4]), [.. Enumerable.Repeat<byte[]>([], Layout.SlotCount)])
                .Single(reading => reading.Kind == CounterKind.SampleLost).Value;

            public void Dispose()
            {
                Map.Dispose();
                Counters.Dispose();
            }
        }
    }
}
