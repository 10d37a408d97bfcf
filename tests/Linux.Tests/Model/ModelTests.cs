using System.Globalization;
using System.Net;
using CsCheck;
using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Tests.Contract;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Hashing;
using Xunit.Sdk;

namespace ReuseportPS.Linux.Tests.Model;

/// <summary>
/// Random operations, done by the kernel and by the simulator side by side: every error number, every slot and seat, every arrival and every run of a
/// program must be the same. A failure is shrunk and prints its seed. Which member an IPv6 hash falls on is compared by its group: its secrets are 64 bits.
/// </summary>
public sealed class ModelTests(LoopbackWorld kernel) : IClassFixture<LoopbackWorld>, IDisposable
{
    private const int FirstPort = 2000;
    private const int LastPort = 9000;
    private const int FirstSourcePort = 10000;
    private const int MostDifferences = 5;
    private const int SequencesToShrink = 60;

    private static readonly Gen<Operation[]> s_sequences = Operation.Any.Array[40, 80];

    private readonly Dictionary<Verb, int> _done = [];
    private int _port = FirstPort;
    private int _sourcePort = FirstSourcePort;
    private CpuPin? _pin;

    [Fact]
    public void Kernel_and_simulator_do_the_same() => Compare(seed: 7, sequences: 10);

    [Fact]
    [Trait("Category", "Soak")]
    public void Kernel_and_simulator_do_the_same_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        Compare(ReadNumber("REUSEPORTPS_SEED") ?? (ulong)Random.Shared.NextInt64(), (int)(ReadNumber("REUSEPORTPS_SEQUENCES") ?? 400));
    }

    public void Dispose() => _pin?.Dispose();

    private void Compare(ulong seed, int sequences)
    {
        Assert.SkipWhen(kernel.Unavailable is not null, kernel.Unavailable ?? "");
        Assert.SkipUnless(Environment.ProcessorCount > 1, "Needs two CPUs.");
        HashSecrets secrets = new(FindWord(TransportProtocol.Udp), 1, 2, FindWord(TransportProtocol.Tcp), 3, 4);
        List<string> differences = [];
        for (uint stream = 0; stream < sequences && differences.Count < MostDifferences; stream++)
        {
            string seedOfSequence = new PCG(stream, seed).ToString();
            try
            {
                CompareOne(s_sequences.Generate(PCG.Parse(seedOfSequence), null, out _), secrets);
            }
            catch (XunitException difference)
            {
                differences.Add($"{seedOfSequence}:\n{difference.Message}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {seed}: {_done.Values.Sum()} operations, {differences.Count} differences: {string.Join(", ", _done.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))}");
        if (differences.Count > 0)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', differences));
            s_sequences.Sample(
                operations => CompareOne(operations, secrets), seed: differences[0][..differences[0].IndexOf(':', StringComparison.Ordinal)], iter: SequencesToShrink, threads: 1, time: -2,
                print: operations => string.Join('\n', operations.Select(operation => operation.ToString())));
        }
    }

    private static ulong? ReadNumber(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : null;

    private void CompareOne(Operation[] operations, HashSecrets secrets)
    {
        if (_port > LastPort)
        {
            _port = FirstPort;
        }

        _port += 2;
        _sourcePort = _sourcePort > 25000 ? FirstSourcePort : _sourcePort + 100;
        using SimulatorBackend simulator = new(new SimulatorOptions { Seed = 1, CpuCount = 2, HashSecrets = secrets });
        SimulatedNamespace network = (SimulatedNamespace)simulator.CreateNamespace();
        network.HashMix = 0;
        ModelWorld real = new(
            kernel.Backend, kernel.Servers, value => kernel.MigratesRequests = value, value => kernel.SynCookies = value, RunOn, () => kernel.MigrationCounters,
            TimeSpan.FromMilliseconds(5));
        ModelWorld simulated = new(
            simulator, network, value => network.TcpMigrateRequests = value, value => network.SynCookies = (SynCookieUse)value, cpu => simulator.CurrentCpu = cpu,
            () => (network.MigrationSuccesses, network.MigrationFailures), TimeSpan.Zero);
        using ModelHost expected = new(real, _port, _sourcePort);
        using ModelHost actual = new(simulated, _port, _sourcePort);
        List<string> transcript = [];
        foreach (Operation operation in operations)
        {
            string answer = expected.Do(operation);
            string simulatedAnswer = actual.Do(operation);
            transcript.Add($"{operation} -> {answer}");
            _done[operation.Verb] = _done.GetValueOrDefault(operation.Verb) + 1;
            bool same = answer == simulatedAnswer ||
                (expected.ChosenByHash != 0 && actual.ChosenByHash != 0 && actual.ShareGroup(actual.ChosenByHash, expected.ChosenByHash)) ||
                (operation.Verb == Verb.TryConnection && answer.StartsWith("0 ", StringComparison.Ordinal) && simulatedAnswer.StartsWith("0 ", StringComparison.Ordinal) &&
                    ((expected.ChosenByHash != 0 && actual.IsUnseenByHash) || (expected.IsUnseenByHash && actual.ChosenByHash != 0)));
            if (!same)
            {
                throw new XunitException($"{string.Join('\n', transcript)}\nbut the simulator: {simulatedAnswer}");
            }

            if (expected.IsOver)
            {
                break;
            }
        }
    }

    private void RunOn(int cpu)
    {
        _pin?.Dispose();
        _pin = new CpuPin(cpu);
    }

    /// <summary>The word of this namespace in the IPv4 hash of a protocol, from the hashes of a few flows.</summary>
    private uint FindWord(TransportProtocol protocol)
    {
        int port = kernel.NextPort();
        List<HashWord.Sample> samples = [];
        using IBackendSocket member = kernel.Backend.CreateSocket(new SocketSpec(protocol, IpFamily.V4), kernel.Servers);
        member.Bind(new IPEndPoint(kernel.ServerV4, port));
        if (protocol == TransportProtocol.Tcp)
        {
            member.Listen(8);
        }

        using IBackendMap seats = kernel.Backend.CreateMap(TestPrograms.Seats);
        using Recorder recorder = new(kernel.Backend, seats);
        member.AttachProgram(recorder.Program);
        for (int i = 0; i < 3; i++)
        {
            FlowKey flow = kernel.NextFlow(protocol, IpFamily.V4, port);
            using IBackendSocket client = kernel.Backend.CreateSocket(new SocketSpec(protocol, IpFamily.V4, ReusePort: false), kernel.Clients);
            client.Bind(flow.SourceEndPoint);
            client.Connect(flow.DestinationEndPoint);
            if (protocol == TransportProtocol.Udp)
            {
                client.Send([1]);
            }

            _ = kernel.Backend.WaitForArrival([member], TimeSpan.FromSeconds(2));
            uint hash = recorder.Runs[i].Hash;
            uint sourcePort = BitConverter.IsLittleEndian ? (uint)((flow.SourcePort << 8 | flow.SourcePort >> 8) & 0xffff) : flow.SourcePort;
            uint local = InMemory(kernel.ServerV4);
            uint peer = InMemory(kernel.ClientV4);
            samples.Add(protocol == TransportProtocol.Udp
                ? new HashWord.Sample(local, peer, ((uint)port << 16) | sourcePort, hash)
                : new HashWord.Sample(local, peer, sourcePort, hash - (uint)port));
            client.Abort();
        }

        return HashWord.Find(samples);
    }

    private static uint InMemory(IPAddress address) => BitConverter.ToUInt32(address.GetAddressBytes());
}
