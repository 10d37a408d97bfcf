using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>One round on one backend, in a namespace where nothing else is. The same calls in the same order on both backends.</summary>
internal sealed class TrialHost : IDisposable
{
    private const int Backlog = 64;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    private readonly IReuseportBackend _backend;
    private readonly INetworkNamespace _network;
    private readonly CompiledPolicy? _policy;
    private readonly List<IDisposable> _owned = [];
    private readonly IBackendMap?[] _maps = [];
    private readonly ImmutableArray<Group> _groups;
    private readonly byte[] _buffer = new byte[256];

    /// <summary>Opens the groups of a round, with every member in the seat of its slot.</summary>
    /// <exception cref="BackendException">Refused; nothing stays open.</exception>
    public TrialHost(IReuseportBackend backend, INetworkNamespace network, TrialRound round, CompiledPolicy? policy)
    {
        (_backend, _network, _policy) = (backend, network, policy);
        _groups = [.. round.Groups.Select(group => new Group(group))];
        try
        {
            if (policy is not null)
            {
                _maps = [.. policy.Program.Maps.Select((spec, index) => index == policy.Maps.Seats ? null : Own(backend.CreateMap(spec)))];
                Fill(policy.Maps.Tables, policy.Bank.Tables);
                Fill(policy.Maps.Lists, policy.Bank.Lists);
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

    /// <summary>Opens one flow, sees who gets it, and ends it.</summary>
    /// <param name="opening">The flow.</param>
    /// <param name="expected">Who is looked at first, or null; the answer does not depend on it.</param>
    public TrialVerdict Open(FlowOpening opening, TrialVerdict? expected)
    {
        FlowKey flow = opening.Flow;
        using IBackendSocket client = _backend.CreateSocket(new SocketSpec(flow.Protocol, flow.Family, ReusePort: false), _network);
        try
        {
            client.Bind(flow.SourceEndPoint);
            client.Connect(flow.DestinationEndPoint);
            if (flow.Protocol == TransportProtocol.Udp)
            {
                client.Send(opening.Payload.AsSpan());
            }
        }
        catch (BackendException exception)
        {
            return exception.Errno == Errno.ECONNREFUSED ? TrialVerdict.Nobody : new TrialVerdict(null, Errno: exception.Errno);
        }

        TrialVerdict verdict = Find(flow, client, expected);
        if (flow.Protocol == TransportProtocol.Tcp)
        {
            client.Abort();
        }

        return verdict;
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

    private TrialVerdict Find(FlowKey flow, IBackendSocket client, TrialVerdict? expected)
    {
        if (expected?.Group is { } name && _groups.FirstOrDefault(group => group.Name == name) is { } likely && Takes(likely, expected.Slot, flow))
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
            if (Takes(group, slot, flow))
            {
                return new TrialVerdict(group.Name, slot);
            }
        }

        return TrialVerdict.Nobody;
    }

    /// <summary>Whether a member has the flow; then it is taken from it.</summary>
    private bool Takes(Group group, int slot, FlowKey flow)
    {
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

    private void Fill(int outer, ImmutableArray<Engine.Maps.MapSpec> inner)
    {
        for (int index = 0; index < inner.Length; index++)
        {
            using IBackendMap map = _backend.CreateMap(inner[index]);
            _maps[outer]!.UpdateMap((uint)index, map);
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
