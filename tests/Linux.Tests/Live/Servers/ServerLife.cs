using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>The life of one server under load: first as plain Linux has it, then adopted and steered, with the same events.</summary>
/// <param name="backend">Where.</param>
/// <param name="place">The namespace of server and clients.</param>
/// <param name="server">The server; not started.</param>
/// <param name="requests">Requests for each look.</param>
/// <param name="clients">Clients at a time.</param>
/// <param name="seed">Of the clients' addresses.</param>
/// <param name="pause">What a client waits between two requests, so that a short run leaves something of the machine to others.</param>
internal sealed class ServerLife(LinuxBackend backend, LinuxNamespace place, SteeredServer server, int requests, int clients, int seed, TimeSpan pause)
{
    private const string Steered = "steered";
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private readonly string _name = "server-" + Guid.NewGuid().ToString("N")[..8];

    /// <summary>Runs all of it.</summary>
    public void Run()
    {
        server.Require();
        server.Start(ServerEvent.UsualWorkers);
        using (RequestLoad load = Load(seed))
        {
            load.Await(requests);
            Episode[] episodes = [.. ServerEvent.All.Select(happening => Live(load, happening, () => load.Await(requests)))];
            Judge(load, episodes, "plain");
        }

        using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, Policy), place);
        try
        {
            List<Episode> episodes = [];
            using RequestLoad load = Load(seed + clients);
            load.Await(requests);
            using (ManagedGroup group = groups.Adopt(new GroupAdoptRequest(
                _name, server.Protocols is [TransportProtocol only] ? only : null, SteeredServer.EndPoint.Port, null, [], place)))
            {
                Assert.Equal(server.Protocols.Length, group.KernelGroups.Length);
                load.Await(requests);
                PinEach(group, load, ServerEvent.UsualWorkers);
                Split(group, load);
                Assert.Empty(load.Failures());
                foreach (ServerEvent happening in ServerEvent.All)
                {
                    episodes.Add(Meet(group, load, happening));
                }
            }

            groups.Remove(_name);
            load.Await(requests);
            Judge(load, episodes, Steered);
            Assert.All(Members(), member => Assert.Equal(AttachmentState.None, backend.InspectAttachment(member).State));
            Say($"steered: {load.Answered} answers in all (seed {seed}, {clients} clients)");
        }
        finally
        {
            if (backend.Pins.List().Contains(_name))
            {
                backend.Pins.Remove(_name);
            }
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static SteeringPolicy Policy(string text) => PolicyYaml.Read(text).Policy ?? throw new InvalidOperationException(text);

    private static SteeringPolicy Otherwise(string body) => Policy($"version: 1\npolicy: life\notherwise: {{ {body} }}");

    private static ImmutableArray<int> Seated(ManagedGroup group) =>
        [.. group.ReadSlots().Where(slot => slot.Seats.All(seat => seat.Cookie != 0)).Select(slot => slot.Slot)];

    private RequestLoad Load(int first) => new(place, server, server.Protocols, clients, first) { Pause = pause };

    /// <summary>One event under steering: before it every seat has its part, after it the group is brought in step and every worker can be pinned.</summary>
    private Episode Meet(ManagedGroup group, RequestLoad load, ServerEvent happening)
    {
        ImmutableArray<int> before = Seated(group);
        group.Apply(Otherwise($"by: hash, to: [{string.Join(", ", before)}]"));
        ImmutableArray<int> leaving = server.ClosesLastSockets ? [.. before.Skip(happening.Workers)] : [];
        if (!leaving.IsEmpty)
        {
            SetState(group, leaving, SlotState.Draining);
            SlotDrain drain = group.WatchDrain(leaving, includesEstablished: false);
            WaitUntil("the slots are drained", () => drain.Look().IsDrained);
        }

        return Live(load, happening, () =>
        {
            load.Await(requests);
            GroupSynchronization done = group.Synchronize();
            Assert.Empty(done.Unseatable);
            WaitUntil($"{happening.Workers} slots have their seats", () => Seated(group).Length == happening.Workers);
            if (!leaving.IsEmpty)
            {
                SetState(group, leaving, SlotState.Active);
            }

            PinEach(group, load, happening.Workers);
        });
    }

    private static void SetState(ManagedGroup group, ImmutableArray<int> slots, SlotState state) =>
        group.Change(new SlotChange([.. slots.Select(SlotItem.Of)]) { State = state });

    /// <summary>An event and what follows it.</summary>
    private Episode Live(RequestLoad load, ServerEvent happening, Action andThen)
    {
        long answered = load.Answered;
        happening.Happen(server);
        long ready = Stopwatch.GetTimestamp();
        andThen();
        return new Episode(happening, ready, Stopwatch.GetTimestamp(), load.Answered - answered);
    }

    /// <summary>What the events have cost. A query without an answer is known as such only when its time is over, so all are looked at together.</summary>
    private void Judge(RequestLoad load, IReadOnlyList<Episode> episodes, string kind)
    {
        load.AwaitTurn();
        ILookup<Episode?, RequestFailure> byEpisode = load.Failures().ToLookup(failure => episodes.FirstOrDefault(episode => failure.Began <= episode.End));
        foreach (Episode episode in episodes)
        {
            RequestFailure[] failures = [.. byEpisode[episode]];
            RequestFailure[] late = [.. failures.Where(failure => failure.Began > episode.Ready)];
            string what = $"{episode.Happening.Name}, {kind}: {RequestFailure.Summarize(failures)} failed, {episode.Answered} answered";
            Say(what);
            int most = episode.Happening.LossOf(server) switch
            {
                Loss.Nothing when kind == Steered => 0,
                Loss.UnderWay => clients,
                _ => int.MaxValue,
            };
            Assert.True(failures.Length <= most, $"{what}; {most} may.");
            Assert.True(late.Length == 0, $"{what}; of them {RequestFailure.Summarize(late)} when the server was there again.");
        }

        Assert.Empty(byEpisode[null]);
    }

    /// <summary>Pins all to each slot in turn: its workers serve, and nobody else.</summary>
    private void PinEach(ManagedGroup group, RequestLoad load, int workers)
    {
        ImmutableArray<int> slots = Seated(group);
        Assert.Equal(workers, slots.Length);
        ImmutableDictionary<int, ImmutableHashSet<string>> expected = WorkersOf(group, slots);
        foreach (int slot in slots)
        {
            group.Apply(Otherwise($"by: slot, slot: {slot}"));
            (ImmutableDictionary<string, long> served, ImmutableDictionary<int, long> given) = Measure(group, load, requests);
            Assert.Equal([slot], given.Keys);
            if (server.CountsRequests)
            {
                Assert.Equal(expected[slot].Order(StringComparer.Ordinal), served.Keys.Order(StringComparer.Ordinal));
            }
            else
            {
                ImmutableArray<long> counts = [.. slots.Select(other => expected[other].Sum(worker => served.GetValueOrDefault(worker)))];
                Assert.True(counts[slots.IndexOf(slot)] >= counts.Sum() * 0.9, $"Slot {slot} of {string.Join(", ", slots)}: {string.Join(", ", counts)}");
            }
        }
    }

    /// <summary>90 to 10: within five standard deviations of the binomial distribution.</summary>
    private void Split(ManagedGroup group, RequestLoad load)
    {
        ImmutableDictionary<int, ImmutableHashSet<string>> workers = WorkersOf(group, [0, 1]);
        group.Apply(Otherwise("by: weighted, weights: { 0: 90, 1: 10 }, key: [source, source-port]"));
        (ImmutableDictionary<string, long> served, ImmutableDictionary<int, long> given) = Measure(group, load, requests * 4);
        Assert.Equal([0, 1], given.Keys.Order());
        long[] counts = [.. Enumerable.Range(0, 2).Select(slot => server.CountsRequests ? workers[slot].Sum(worker => served.GetValueOrDefault(worker)) : given[slot])];
        long all = counts.Sum();
        Say($"90/10: {counts[0]}/{counts[1]} of {all}");
        Assert.InRange(counts[1] - (all * 0.1), -5 * Math.Sqrt(all * 0.09), 5 * Math.Sqrt(all * 0.09));
    }

    /// <summary>Requests that worker by worker served and the program slot by slot gave, while so many were answered. Nothing may be left to the kernel.</summary>
    private (ImmutableDictionary<string, long> Served, ImmutableDictionary<int, long> Given) Measure(ManagedGroup group, RequestLoad load, int count)
    {
        load.AwaitTurn();
        ImmutableDictionary<string, long> before = server.ReadServed(load);
        ImmutableArray<CounterReading> counters = group.ReadCounters();
        load.Await(count);
        ImmutableArray<CounterReading> now = group.ReadCounters();
        ImmutableDictionary<string, long> after = server.ReadServed(load);
        CounterReading[] grown = [.. now.Zip(counters).Where(pair => pair.First.Value > pair.Second.Value).Select(pair => pair.First with { Value = pair.First.Value - pair.Second.Value })];
        Assert.DoesNotContain(grown, counter => counter.Kind is CounterKind.Kernel or CounterKind.Reject or CounterKind.Miss);
        return (
            after.Select(pair => KeyValuePair.Create(pair.Key, pair.Value - before.GetValueOrDefault(pair.Key))).Where(pair => pair.Value > 0).ToImmutableDictionary(),
            grown.Where(counter => counter.Kind == CounterKind.Slot).ToImmutableDictionary(counter => counter.Index!.Value, counter => (long)counter.Value));
    }

    /// <summary>Names of the workers of each slot, one for each kernel group, as the survey finds them.</summary>
    private ImmutableDictionary<int, ImmutableHashSet<string>> WorkersOf(ManagedGroup group, ImmutableArray<int> slots)
    {
        ImmutableDictionary<int, ImmutableHashSet<string>> found = ImmutableDictionary<int, ImmutableHashSet<string>>.Empty;

        // A thread that is busy whenever it is looked at does not show.
        WaitUntil("every worker shows", () =>
        {
            SurveyedSocket[] sockets = [.. server.Protocols.SelectMany(protocol => backend.Survey(new SocketQuery(protocol, SteeredServer.EndPoint.Port, Namespace: place)).Sockets)];
            if (sockets.Any(socket => socket.Workers is not [{ ThreadId: not 0 }]))
            {
                return false;
            }

            Dictionary<ulong, string> names = sockets.ToDictionary(socket => socket.Record.Cookie, socket => server.NameOf(socket.Workers[0]));
            found = group.ReadSlots().Where(slot => slots.Contains(slot.Slot)).ToImmutableDictionary(
                slot => slot.Slot, slot => slot.Seats.Select(seat => names[seat.Cookie]).ToImmutableHashSet());
            return true;
        });
        Assert.Equal(slots.Length, found.Values.SelectMany(names => names).Distinct().Count());
        return found;
    }

    private IEnumerable<SocketRecord> Members() => server.Protocols.SelectMany(
        protocol => backend.FindSockets(new SocketQuery(protocol, SteeredServer.EndPoint.Port, SteeredServer.EndPoint.Address, Namespace: place)));

    private static void WaitUntil(string what, Func<bool> condition)
    {
        for (long began = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(10))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_longest, string.Create(CultureInfo.InvariantCulture, $"Waited in vain until {what}."));
        }
    }

    /// <summary>An event of a life: when the server answered again, when what followed was over, and the answers meanwhile.</summary>
    private sealed record Episode(ServerEvent Happening, long Ready, long End, long Answered);
}
