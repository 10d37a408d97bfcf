using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Linux.Pins;
using ReuseportPS.Linux.Tests.Contract;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>
/// Weights and states change all the time while datagrams and connections arrive. Every decision is reported by the program, and must be the one of the data whose epoch it
/// names, at a time at which that epoch could be current. Nothing is lost, and nothing falls to the kernel.
/// </summary>
public sealed class SlotChangeLoadTests(LoopbackWorld world) : GroupTest<LoopbackWorld>(world)
{
    private const int Clients = 64;
    private const int MostUnderWay = 64;

    private const string Slots4 = "by: weighted, weights: { 0: 10, 1: 20, 2: 30, 3: 40 }, key: [source, source-port]";

    private static readonly bool[] s_all = [true, true, true, true];

    private readonly ConcurrentQueue<DecisionSample> _samples = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private long _sent;
    private long _received;
    private long _connected;
    private volatile bool _stop;
    private volatile bool _finished;

    [Fact]
    public void Nothing_is_lost_and_no_decision_is_by_data_that_was_not_current() => Run(changes: 60, seed: 1);

    /// <summary>The changes are those of a thread without capabilities: all that it may do is write the maps that are pinned.</summary>
    [Fact]
    public void Nothing_is_lost_and_no_decision_is_by_data_that_was_not_current_when_a_member_changes_them() => Run(changes: 60, seed: 1, byMember: true);

    [Fact]
    [Trait("Category", "Soak")]
    public void Nothing_is_lost_and_no_decision_is_by_data_that_was_not_current_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        int seed = int.Parse(Environment.GetEnvironmentVariable("REUSEPORTPS_SEED") ?? "2", CultureInfo.InvariantCulture);
        Run(changes: 3000, seed, byMember: seed % 2 == 1);
    }

    private void Run(int changes, int seed, bool byMember = false)
    {
        IBackendSocket[] udp = [.. OpenMany("udp4", 4)];
        IBackendSocket[] tcp = [.. OpenMany("tcp4", 4)];
        using ManagedGroup group = Catalog().Adopt(new GroupAdoptRequest(Name, null, Port, null, [], World.Servers));
        group.Apply(Policy(byMember
            ? $$"""
            version: 1
            policy: load
            lists: { some: [10.8.0.0/16, 10.9.0.0/16] }
            rules:
              - when: { source: some }
                steer: { {{Slots4}} }
            otherwise: { by: hash, key: [source-port] }
            observe: { sample: 1/1 }
            """
            : $$"""
            version: 1
            policy: load
            otherwise: { {{Slots4}} }
            observe: { sample: 1/1 }
            """));
        ImmutableArray<uint> programs = group.ProgramIds;
        using IPinFolder pins = Backend.Pins.Open(Name)!;
        using IBackendMap samples = pins.OpenMap(pins.Names.Single(name => name.StartsWith("samples", StringComparison.Ordinal)))!;
        Dictionary<uint, Data> byEpoch = new() { [group.Epoch] = new Data(group.Policy!, group.States, 0) };
        Thread[] threads = [.. new Action[] { Send, Connect, () => Receive(udp, tcp), () => Take(samples) }.Select(Start)];
        int refused = 0;
        try
        {
            if (byMember)
            {
                CapabilityThread.Run([], user: 0, group: null, () =>
                {
                    using LinuxBackend backend = new(new LinuxBackendOptions { PinDirectory = ((BpffsStore)Backend.Pins).Root });
                    using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, Policy), World.Servers);
                    using ManagedGroup member = groups.Find(Name)!;
                    ChangeAll(member);
                });
            }
            else
            {
                ChangeAll(group);
            }
        }
        finally
        {
            _stop = true;
            Array.ForEach(threads[..2], thread => thread.Join());
            bool arrived = Becomes(() => Interlocked.Read(ref _received) == _sent);
            Becomes(() => _samples.Count + (long)Value(group, CounterKind.SampleLost) >= Decided(group));
            _finished = true;
            Array.ForEach(threads[2..], thread => thread.Join());
            Assert.True(arrived, $"Of {_sent} datagrams {_received} arrived.");
        }

        Assert.Empty(_failures);
        Assert.Equal(programs, group.ProgramIds);
        Assert.Equal(0L, (long)(Value(group, CounterKind.Kernel) + Value(group, CounterKind.Reject) + Value(group, CounterKind.Miss)));

        // A segment of a connection that is over reaches the listeners too.
        Assert.InRange(Decided(group) - _sent - _connected, 0, _connected);
        Assert.Equal(Decided(group), _samples.Count + (long)Value(group, CounterKind.SampleLost));
        Dictionary<uint, PolicyEvaluator> evaluators = byEpoch.ToDictionary(pair => pair.Key, pair => new PolicyEvaluator(pair.Value.Policy, 4, pair.Value.States));
        HashSet<uint> seen = [];
        foreach (DecisionSample sample in _samples)
        {
            Assert.True(byEpoch.TryGetValue(sample.Epoch, out Data? data), $"Epoch {sample.Epoch} never was.");
            Assert.True(sample.Time >= data.Begin && sample.Time <= (data.End ?? ulong.MaxValue), $"Epoch {sample.Epoch} of {data.Begin} to {data.End} decided at {sample.Time}.");
            Assert.Equal((PolicyVerdict.Slot, evaluators[sample.Epoch].Decide(sample.Flow, s_all).Slot), (sample.Verdict, sample.Slot));
            seen.Add(sample.Epoch);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {seed}: {byEpoch.Count} epochs, {seen.Count} of them decided something, {refused} changes refused; {_sent} datagrams, {_connected} connections, {_samples.Count} samples, {Value(group, CounterKind.SampleLost)} samples lost");
        Assert.True(seen.Count > byEpoch.Count / 2);

        void ChangeAll(ManagedGroup changing)
        {
            Random random = new(seed);
            for (int change = 0; change < changes && _failures.IsEmpty; change++)
            {
                ulong begin = Backend.MonotonicTime;
                uint epoch = changing.Epoch;
                try
                {
                    if (byMember && random.Next(3) == 0)
                    {
                        changing.Apply(OtherList(changing.Policy!));
                    }
                    else
                    {
                        _ = changing.Change(new SlotChange([SlotItem.Of(random.Next(4))])
                        {
                            Weight = random.Next(3) > 0 ? random.Next(100) : null,
                            State = random.Next(3) > 0 ? (SlotState)random.Next(3) : null,
                        });
                    }

                    byEpoch[epoch] = byEpoch[epoch] with { End = changing.Epoch == epoch ? null : Backend.MonotonicTime };
                    byEpoch.TryAdd(changing.Epoch, new Data(changing.Policy!, changing.States, begin));
                }
                catch (DiagnosticException exception) when (exception is not BackendException)
                {
                    // Nobody would be left.
                    refused++;
                }
            }
        }
    }

    /// <summary>With the clients in the list where they were not, and the other way round.</summary>
    private static SteeringPolicy OtherList(SteeringPolicy policy)
    {
        AddressList list = policy.Lists.Items[0];
        return policy with { Lists = [list with { Prefixes = list.Prefixes.Count == 2 ? [Prefix("10.1.0.0/16")] : [Prefix("10.8.0.0/16"), Prefix("10.9.0.0/16")] }] };

        static AddressPrefix Prefix(string text) => AddressPrefix.TryParse(text, out AddressPrefix prefix, out _) ? prefix : throw new ArgumentException(text);
    }

    private static long Decided(ManagedGroup group) => (long)Value(group, CounterKind.Slot);

    private static ulong Value(ManagedGroup group, CounterKind kind) => group.ReadCounters().Where(counter => counter.Kind == kind).Aggregate(0UL, (sum, counter) => sum + counter.Value);

    private Thread Start(Action action)
    {
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                _failures.Enqueue(exception);
                _stop = _finished = true;
            }
        });
        thread.Start();
        return thread;
    }

    private void Send()
    {
        IBackendSocket[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Client(TransportProtocol.Udp))];
        for (int index = 0; !_stop; index = (index + 1) % Clients)
        {
            while (_sent - Interlocked.Read(ref _received) > MostUnderWay && !_finished)
            {
                Thread.Sleep(0);
            }

            clients[index].SendTo([1, 2, 3], new System.Net.IPEndPoint(World.ServerV4, Port));
            _sent++;
        }

        Array.ForEach(clients, client => client.Dispose());
    }

    private void Connect()
    {
        while (!_stop)
        {
            using IBackendSocket client = Client(TransportProtocol.Tcp);
            client.Connect(new System.Net.IPEndPoint(World.ServerV4, Port));
            _connected++;
            client.Abort();
        }
    }

    private IBackendSocket Client(TransportProtocol protocol)
    {
        IBackendSocket client = Backend.CreateSocket(new SocketSpec(protocol, IpFamily.V4, ReusePort: false), World.Clients);
        client.Bind(new System.Net.IPEndPoint(World.ClientV4, 0));
        return client;
    }

    private void Receive(IBackendSocket[] udp, IBackendSocket[] tcp)
    {
        byte[] buffer = new byte[16];
        while (!_finished)
        {
            Backend.WaitForArrival([.. udp, .. tcp], TimeSpan.FromMilliseconds(20));
            foreach (IBackendSocket socket in udp)
            {
                while (socket.TryReceive(buffer, out _, out _))
                {
                    Interlocked.Increment(ref _received);
                }
            }

            foreach (IBackendSocket listener in tcp)
            {
                while (listener.TryAccept(out _) is { } accepted)
                {
                    accepted.Dispose();
                }
            }
        }
    }

    private void Take(IBackendMap samples)
    {
        while (!_finished)
        {
            while (samples.Consume() is byte[] record)
            {
                _samples.Enqueue(DecisionSample.Read(record));
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>What was current under an epoch: from before it was stored until nobody could be reading it any more.</summary>
    private sealed record Data(SteeringPolicy Policy, SlotStates States, ulong Begin, ulong? End = null);
}
