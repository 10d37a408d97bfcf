using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>One round on one backend, in a namespace where nothing else is. The same calls in the same order on both backends.</summary>
internal sealed class TrialHost : IDisposable
{
    private const int Backlog = 64;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    private readonly IReuseportBackend _backend;
    private readonly INetworkNamespace _network;
    private readonly TrialRound _round;
    private readonly CompiledPolicy? _policy;
    private readonly List<(TrialFlow Flow, IBackendSocket Client)> _waiting = [];
    private SlotStates _states = SlotStates.AllActive;
    private uint _epoch;
    private readonly List<IDisposable> _owned = [];
    private readonly IBackendMap?[] _maps = [];
    private readonly ImmutableArray<Group> _groups;
    private readonly byte[] _buffer = new byte[256];

    /// <summary>Opens the groups of a round, with every member in the seat of its slot.</summary>
    /// <exception cref="BackendException">Refused; nothing stays open.</exception>
    public TrialHost(IReuseportBackend backend, INetworkNamespace network, TrialRound round, CompiledPolicy? policy, ulong now)
    {
        (_backend, _network, _round, _policy) = (backend, network, round, policy);
        _groups = [.. round.Groups.Select(group => new Group(group))];
        try
        {
            if (policy is not null)
            {
                _maps = [.. policy.Program.Maps.Select((spec, index) => index == policy.Maps.Seats ? null : Own(backend.CreateMap(spec)))];
                FillBank(policy.Bank);
                TellLoads(policy, now);
            }

            foreach (Group group in _groups)
            {
                if (policy is not null)
                {
                    group.Seats = Own(backend.CreateMap(policy.Program.Maps[policy.Maps.Seats]));
                    group.Program = Own(backend.LoadProgram(policy.Program, [.. _maps.Select(map => map ?? group.Seats)]));
                }

                for (int slot = 0; slot < group.Members.Length; slot++)
                {
                    OpenMember(group, slot);
                }
            }

            if (round.Policy is { LooksUpCookies: true })
            {
                Change(_states);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Closes a member, or opens it again.</summary>
    public void Toggle(int groupNumber, int slot)
    {
        Group group = _groups[groupNumber];
        if (group.Members[slot] is { } member)
        {
            group.Members[slot] = null;
            member.Dispose();
        }
        else
        {
            OpenMember(group, slot);
        }
    }

    /// <summary>Other states of slots, and the cookies that are in the seats now: fills the idle bank and stores the epoch. No packet is on its way meanwhile.</summary>
    public void Change(SlotStates? states)
    {
        if (_policy is null || _policy.Maps.Epoch < 0)
        {
            return;
        }

        _states = states ?? _states;
        SlotStates now = _states with { Cookies = Enumerable.Range(0, _round.SlotCount).ToImmutableDictionary(slot => slot, CookiesAt) };
        CompiledPolicy compiled = PolicyCompiler.Compile(_round.Policy!, _round.SlotCount, now).Compiled!;
        _epoch++;
        FillBank(compiled.Bank);
        _maps[_policy.Maps.Epoch]!.Update(Key(0), BitConverter.GetBytes(_epoch));
    }

    /// <summary>Opens one flow, sees who gets it, and ends it.</summary>
    /// <param name="flow">What is sent.</param>
    /// <param name="expected">Who is looked at first, or null; the answer does not depend on it.</param>
    public TrialVerdict Open(TrialFlow flow, TrialVerdict? expected)
    {
        using IBackendSocket client = CreateClient(flow.Flow);
        if (Send(flow, client) is { } refusal)
        {
            return refusal;
        }

        TrialVerdict verdict = Find(flow, client, expected);
        if (flow.Flow.Protocol == TransportProtocol.Tcp)
        {
            client.Abort();
        }

        return verdict;
    }

    /// <summary>Opens a connection that nobody accepts yet.</summary>
    /// <returns>That it was refused; null when it waits.</returns>
    public TrialVerdict? Leave(TrialFlow flow)
    {
        IBackendSocket client = CreateClient(flow.Flow);
        if (Send(flow, client) is { } refusal)
        {
            client.Dispose();
            return refusal;
        }

        _waiting.Add((flow, client));
        return null;
    }

    /// <summary>Who has each connection that waits, in the order in which they were opened; nobody when it was reset. Ends them.</summary>
    public ImmutableArray<(TrialFlow Flow, TrialVerdict Verdict)> Collect()
    {
        Dictionary<(UInt128 Source, int Port), TrialVerdict> found = [];
        foreach (Group group in _groups.Where(group => group.Shape.Protocol == TransportProtocol.Tcp))
        {
            for (int slot = 0; slot < group.Members.Length; slot++)
            {
                while (group.Members[slot]?.TryAccept(out IPEndPoint? from) is { } accepted)
                {
                    found[(Number(from!.Address), from.Port)] = new TrialVerdict(group.Name, slot);
                    accepted.Abort();
                    accepted.Dispose();
                }
            }
        }

        ImmutableArray<(TrialFlow, TrialVerdict)> verdicts =
            [.. _waiting.Select(one => (one.Flow, found.GetValueOrDefault((one.Flow.Flow.Source, one.Flow.Flow.SourcePort), TrialVerdict.Nobody)))];
        EndWaiting();
        return verdicts;
    }

    /// <summary>What the program counted, and the flows in each of its tables: in words.</summary>
    public ImmutableArray<(string Counter, ulong Value)> Counters()
    {
        if (_policy is null)
        {
            return [];
        }

        ImmutableArray<CounterReading> readings = _policy.Counters.Read(
            _maps[_policy.Maps.Counters]!.Lookup(Key(0)), [.. Enumerable.Range(0, _policy.SlotCount).Select(slot => _maps[_policy.Maps.SlotCounters]!.Lookup(Key(slot))!)]);
        return
        [
            .. readings.Select(reading => ($"{reading.Kind} {reading.Name}", reading.Value)),
            .. _policy.Maps.Flows.Select(index => (_policy.Program.Maps[index].Name, CountKeys(_maps[index]!))),
        ];
    }

    /// <summary>The samples that the program wrote since.</summary>
    public ImmutableArray<DecisionSample> TakeSamples()
    {
        ImmutableArray<DecisionSample>.Builder samples = ImmutableArray.CreateBuilder<DecisionSample>();
        while (_policy?.Maps.Samples >= 0 && _maps[_policy.Maps.Samples]!.Consume() is { } record)
        {
            samples.Add(DecisionSample.Read(record));
        }

        return samples.ToImmutable();
    }

    /// <summary>Who still has something that nobody took: always nobody, or packets went to two.</summary>
    public string? FindLeftover()
    {
        foreach (Group group in _groups)
        {
            IBackendSocket[] members = [.. group.Members.OfType<IBackendSocket>()];
            if (members.Length > 0 && _backend.WaitForArrival(members, TimeSpan.Zero) is not null)
            {
                return group.Name;
            }
        }

        return null;
    }

    public void Dispose()
    {
        EndWaiting();
        foreach (Group group in _groups)
        {
            foreach (IBackendSocket? member in group.Members)
            {
                member?.Dispose();
            }
        }

        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private static ulong CountKeys(IBackendMap map)
    {
        ulong count = 0;
        for (byte[]? key = map.NextKey([]); key is not null; key = map.NextKey(key))
        {
            count++;
        }

        return count;
    }

    private static byte[] Key(int index) => BitConverter.GetBytes(index);

    private IBackendSocket CreateClient(FlowKey flow) => _backend.CreateSocket(new SocketSpec(flow.Protocol, flow.Family, ReusePort: false), _network);

    /// <summary>Sends it; null unless that was refused.</summary>
    private TrialVerdict? Send(TrialFlow flow, IBackendSocket client)
    {
        try
        {
            client.Bind(flow.Flow.SourceEndPoint);
            client.Connect(flow.Flow.DestinationEndPoint);
            if (flow.Flow.Protocol == TransportProtocol.Udp)
            {
                if (flow.SegmentSize > 0)
                {
                    client.SetOption(SocketOption.SegmentSize, flow.SegmentSize);
                }

                client.Send(flow.Payload(flow.CookieOf < 0 ? 0 : CookiesAt(flow.CookieOf).FirstOrDefault()));
            }

            return null;
        }
        catch (BackendException exception)
        {
            return exception.Errno == Errno.ECONNREFUSED ? TrialVerdict.Nobody : new TrialVerdict(null, Errno: exception.Errno);
        }
    }

    private ImmutableArray<ulong> CookiesAt(int slot) =>
        [.. _groups.Where(group => slot < group.Members.Length && group.Members[slot] is not null).Select(group => group.Members[slot]!.Cookie)];

    private void EndWaiting()
    {
        foreach ((_, IBackendSocket client) in _waiting)
        {
            client.Abort();
            client.Dispose();
        }

        _waiting.Clear();
    }

    private TrialVerdict Find(TrialFlow sent, IBackendSocket client, TrialVerdict? expected)
    {
        FlowKey flow = sent.Flow;
        if (expected?.Group is { } name && _groups.FirstOrDefault(group => group.Name == name) is { } likely && Takes(likely, expected.Slot, sent))
        {
            return new TrialVerdict(likely.Name, expected.Slot);
        }

        // The handshake of TCP is over: somebody has it. A datagram is delivered, or answered, before it is sent, or hardly later.
        List<IBackendSocket> watched = [];
        List<(Group Group, int Slot)> places = [];
        foreach (Group group in _groups.Where(group => group.Shape.Protocol == flow.Protocol))
        {
            for (int slot = 0; slot < group.Members.Length; slot++)
            {
                if (group.Members[slot] is { } member)
                {
                    watched.Add(member);
                    places.Add((group, slot));
                }
            }
        }

        if (flow.Protocol == TransportProtocol.Udp)
        {
            watched.Add(client);
        }

        while (watched.Count > 0 && _backend.WaitForArrival(watched, s_patience) is { } ready && ready != client)
        {
            (Group group, int slot) = places[watched.IndexOf(ready)];
            if (Takes(group, slot, sent))
            {
                return new TrialVerdict(group.Name, slot);
            }
        }

        return TrialVerdict.Nobody;
    }

    /// <summary>Whether a member has the flow; then it is taken from it.</summary>
    private bool Takes(Group group, int slot, TrialFlow sent)
    {
        FlowKey flow = sent.Flow;
        if (group.Members[slot] is not { } member)
        {
            return false;
        }

        IPEndPoint? from;
        if (flow.Protocol == TransportProtocol.Tcp)
        {
            using IBackendSocket? accepted = member.TryAccept(out from);
            accepted?.Abort();
        }
        else if (!member.TryReceive(_buffer, out _, out from))
        {
            return false;
        }

        // The others of its train have nowhere else to be; one that is not there is looked for at the end.
        for (int further = 1; flow.Protocol == TransportProtocol.Udp && further < sent.Count && member.TryReceive(_buffer, out _, out _); further++)
        {
        }

        return from is not null && from.Port == flow.SourcePort && Number(from.Address) == flow.Source;
    }

    private static UInt128 Number(IPAddress address) => FlowKey.ToNumber(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private void OpenMember(Group group, int slot)
    {
        TrialGroup shape = group.Shape;
        int cpu = shape.IncomingCpus[slot];
        bool isFirst = !Array.Exists(group.Members, member => member is not null);
        IBackendSocket socket = _backend.CreateSocket(
            new SocketSpec(shape.Protocol, shape.Family, V6Only: shape.Family == IpFamily.V6 ? shape.V6Only : null, IncomingCpu: cpu < 0 ? null : cpu), _network);
        group.Members[slot] = socket;
        socket.Bind(shape.EndPoint);
        if (shape.Protocol == TransportProtocol.Tcp)
        {
            socket.Listen(Backlog);
        }

        if (group.Program is { } program)
        {
            group.Seats!.UpdateSocket((uint)slot, socket);
            if (isFirst)
            {
                // A group ends, with its program, with its last member.
                socket.AttachProgram(program);
            }
        }
    }

    private void TellLoads(CompiledPolicy policy, ulong now)
    {
        const ulong LongAgo = 2UL * 24 * 3600 * 1_000_000_000;
        for (int slot = 0; slot < _round.SlotCount && policy.Maps.Loads >= 0; slot++)
        {
            (uint load, bool isFresh) = _round.Loads[slot];
            _maps[policy.Maps.Loads]!.Update(Key(slot), BitConverter.GetBytes(SlotLoad.Pack(load, unchecked(now - (isFresh ? 0 : LongAgo)))));
        }
    }

    /// <summary>Fills the bank of the epoch.</summary>
    private void FillBank(PolicyBank bank)
    {
        Fill(_policy!.Maps.Tables, bank.Tables);
        Fill(_policy.Maps.Lists, bank.Lists);
    }

    private void Fill(int outer, ImmutableArray<Engine.Maps.MapSpec> inner)
    {
        for (int index = 0; index < inner.Length; index++)
        {
            using IBackendMap map = _backend.CreateMap(inner[index]);
            _maps[outer]!.UpdateMap((uint)((_epoch % 2 * inner.Length) + index), map);
        }
    }

    private T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    private sealed class Group(TrialGroup shape)
    {
        public TrialGroup Shape { get; } = shape;

        public string Name { get; } = shape.ToString();

        public IBackendSocket?[] Members { get; } = new IBackendSocket?[shape.IncomingCpus.Length];

        public IBackendMap? Seats { get; set; }

        public IBackendProgram? Program { get; set; }
    }
}
