using System.Globalization;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Fidelity;
using ReuseportPS.Simulator.Randomness;
using ReuseportPS.Yaml;

namespace ReuseportPS.Contract;

/// <summary>Policies decide, count and sample what the language means: <see cref="PolicyCases"/> and random ones.</summary>
public abstract class PolicyContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Slots = 4;
    private const int RandomPolicies = 30;
    private const int RandomPackets = 40;

    [Theory]
    [MemberData(nameof(PolicyCases.All), MemberType = typeof(PolicyCases))]
    public void Cases(int number, string name)
    {
        (string text, string[] steps, bool forgets) = PolicyCases.Find(number);
        PolicyReading reading = PolicyYaml.Read(text);
        Assert.True(reading.Policy is not null, string.Join('\n', reading.Diagnostics));
        using PolicyGroup group = new(World, reading.Policy, Slots, Port, forgets);
        Dictionary<string, int> named = [];
        Dictionary<string, ulong> remembered = [];
        foreach (string step in steps)
        {
            try
            {
                Do(step.Split(' '), group, named, remembered);
            }
            catch (Exception exception) when (exception is Xunit.Sdk.XunitException or ArgumentException or FormatException)
            {
                throw new InvalidOperationException($"{name}: '{step}': {exception.Message}", exception);
            }
        }

        _ = group.Counters();
    }

    [Fact]
    public void Random_policies_over_random_packets()
    {
        ulong seed = ulong.Parse(Environment.GetEnvironmentVariable("REUSEPORTPS_SEED") ?? "2026", CultureInfo.InvariantCulture);
        Xoshiro256 random = new(seed);
        int done = 0;
        for (int number = 0; number < RandomPolicies; number++)
        {
            int slots = 1 + (int)random.NextBelow(8u);
            SteeringPolicy policy = RandomPolicy.Create(random, slots, $"random {number}");
            if (policy.AllActions().Any(action => action is SteerAction { By: RandomBalancer or LeastLoadedBalancer }))
            {
                continue;
            }

            using PolicyGroup group = new(World, policy, slots, World.NextPort());
            FlowKey[] flows = [.. Enumerable.Range(0, 10).Select(_ => Flow(random))];
            for (int packet = 0; packet < RandomPackets; packet++)
            {
                string what = $"seed {seed}, policy {number}, packet {packet}";
                try
                {
                    switch (random.NextBelow(16u))
                    {
                        case 0:
                            group.Use(RandomPolicy.States(random, slots));
                            break;
                        default:
                            FlowKey flow = flows[random.NextBelow((uint)flows.Length)];
                            byte[] bytes = Packet(random, flow, group, slots);
                            what += $" {Convert.ToHexString(bytes)}";
                            _ = group.Send(bytes, (int)random.NextBelow(2u));
                            break;
                    }
                }
                catch (Xunit.Sdk.XunitException exception)
                {
                    throw new InvalidOperationException($"{what}: {exception.Message}\n{PolicyYaml.Write(policy)}", exception);
                }

                done++;
            }

            _ = group.Counters();
        }

        TestContext.Current.SendDiagnosticMessage($"seed {seed}: {done} packets and changes of data");
        Assert.True(done > RandomPolicies * RandomPackets / 2);
    }

    private void Do(string[] words, PolicyGroup group, Dictionary<string, int> named, Dictionary<string, ulong> remembered)
    {
        int Number(int at) => int.Parse(words[at], CultureInfo.InvariantCulture);
        switch (words[0])
        {
            case "state":
                group.Use(group.States.With(Number(1), Enum.Parse<SlotState>(words[2])));
                break;
            case "stop":
                group.Stop(Number(1));
                break;
            case "reopen":
                group.Reopen(Number(1));
                break;
            case "remember":
                remembered[words[1]] = group.Cookie(Number(1));
                break;
            case "pass":
                group.LetTimePass(TimeSpan.FromMilliseconds(int.Parse(words[1].AsSpan()[..^2], CultureInfo.InvariantCulture)));
                break;
            case "count":
                Assert.Equal((ulong)Number(2), group.Counters().Single(reading => $"{reading.Kind}" == words[1]).Value);
                break;
            default:
                Expect(words[^1], Send(words[..^2], group, remembered), named);
                break;
        }
    }

    private (PolicyVerdict Verdict, int Slot) Send(string[] words, PolicyGroup group, Dictionary<string, ulong> remembered)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(words[0]);
        FlowKey flow = World.NextFlow(protocol, family, group.Port) with { SourcePort = (ushort)(40000 + int.Parse(words[1], CultureInfo.InvariantCulture)) };
        int options = words.Where(word => word[0] == '+').Select(word => int.Parse(word.AsSpan(1), CultureInfo.InvariantCulture)).SingleOrDefault();
        int cpu = words.Where(word => word[0] == '@').Select(word => int.Parse(word.AsSpan(1), CultureInfo.InvariantCulture)).SingleOrDefault();
        string text = string.Concat(words[2..].Where(word => word[0] is not ('+' or '@' or '-')));
        if (protocol == TransportProtocol.Tcp)
        {
            byte flags = (byte)text.Sum(letter => letter switch { 'S' => RawSegment.Syn, 'A' => RawSegment.Ack, 'R' => RawSegment.Reset, _ => RawSegment.Fin });
            return group.Send(RawSegment.Build(flow, flags, options: options), cpu);
        }

        for (int slot = 0; slot < Slots; slot++)
        {
            text = text.Contains($"{{c{slot}}}", StringComparison.Ordinal) ? text.Replace($"{{c{slot}}}", $"{group.Cookie(slot):x16}", StringComparison.Ordinal) : text;
            text = text.Contains($"{{l{slot}}}", StringComparison.Ordinal) ? text.Replace($"{{l{slot}}}", $"{group.ListenerCookie(slot):x16}", StringComparison.Ordinal) : text;
            text = text.Replace($"{{r{slot}}}", $"{remembered.GetValueOrDefault($"{slot}"):x16}", StringComparison.Ordinal);
        }

        return group.Send(RawDatagram.Build(flow, Convert.FromHexString(text), options), cpu);
    }

    private static void Expect(string expected, (PolicyVerdict Verdict, int Slot) decided, Dictionary<string, int> named)
    {
        if (expected is "kernel" or "reject")
        {
            Assert.Equal(expected, $"{decided.Verdict}".ToLowerInvariant());
        }
        else if (expected[0] == '=')
        {
            Assert.Equal((PolicyVerdict.Slot, named.TryAdd(expected, decided.Slot) ? decided.Slot : named[expected]), decided);
        }
        else
        {
            Assert.Equal(PolicyVerdict.Slot, decided.Verdict);
            Assert.Contains(decided.Slot, expected.Split('|').Select(slot => int.Parse(slot, CultureInfo.InvariantCulture)));
        }
    }

    private FlowKey Flow(Xoshiro256 random)
    {
        TransportProtocol protocol = random.NextBelow(3u) == 0 ? TransportProtocol.Tcp : TransportProtocol.Udp;
        IpFamily family = random.NextBelow(2u) == 0 ? IpFamily.V4 : IpFamily.V6;
        return World.NextFlow(protocol, family, 0) with { SourcePort = (ushort)(1024 + random.NextBelow(60000u)) };
    }

    private static byte[] Packet(Xoshiro256 random, FlowKey flow, PolicyGroup group, int slots)
    {
        flow = flow with { DestinationPort = (ushort)group.Port };
        int options = random.NextBelow(2u) == 0 ? 0 : (int)random.NextBelow(flow.Family == IpFamily.V4 ? 6u : 9u);
        if (flow.Protocol == TransportProtocol.Tcp)
        {
            return RawSegment.Build(flow, FlowFlags[random.NextBelow((uint)FlowFlags.Length)], options: options);
        }

        byte[] payload = new byte[random.NextBelow(36u)];
        for (int i = 0; i < payload.Length; i++)
        {
            payload[i] = random.NextBelow(2u) == 0 ? (byte)random.NextBelow(4u) : (byte)random.NextBelow(256u);
        }

        if (payload.Length > 17)
        {
            bool isLong = random.NextBelow(3u) == 0;
            payload[0] = isLong ? (byte)(0xc0 | ((int)random.NextBelow(4u) << 4)) : (byte)(payload[0] & 0x7f);
            if (isLong)
            {
                byte[] header = [0, 0, 0, 1, random.NextBelow(2u) == 0 ? (byte)8 : (byte)20];
                header.CopyTo(payload, 1);
            }

            if (random.NextBelow(3u) == 0)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(isLong ? 6 : 1), group.Cookie((int)random.NextBelow((uint)slots)));
            }
        }

        return RawDatagram.Build(flow, payload, options);
    }

    private static byte[] FlowFlags { get; } = [RawSegment.Syn, RawSegment.Syn, RawSegment.Ack, RawSegment.Syn | RawSegment.Ack, RawSegment.Reset, RawSegment.Fin | RawSegment.Ack];
}
