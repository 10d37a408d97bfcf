using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>Says which slot the connection ids of a policy name, without a packet: what its program would look up.</summary>
public sealed class ConnectionIdReader
{
    private readonly SteeringPolicy _policy;
    private readonly int _slotCount;
    private readonly SlotStates? _states;
    private readonly SlotTables _tables;
    private readonly ImmutableArray<int> _entries;
    private readonly PolicyEvaluator _evaluator;
    private readonly ExecutionEnvironment _environment = new();

    /// <summary>A reader of a valid policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slotCount">Slots of the group.</param>
    /// <param name="states">States of the slots with the cookies in their seats; null where there is no group, whose cookies then are not known.</param>
    public ConnectionIdReader(SteeringPolicy policy, int slotCount, SlotStates? states)
    {
        (_policy, _slotCount, _states) = (policy, slotCount, states);
        _tables = new SlotTables(policy, slotCount, states ?? SlotStates.AllActive);
        _entries = _tables.Build();
        _evaluator = new PolicyEvaluator(policy, slotCount, states);
    }

    /// <summary>What each <c>by: connection-id</c> makes of an id, in the order of the policy; nothing when it has none.</summary>
    public IEnumerable<ConnectionIdFinding> Read(byte[] id)
    {
        foreach ((int position, ConnectionIdBalancer by) in _policy.ActionsBy<ConnectionIdBalancer>())
        {
            yield return Read(position, by, id);
        }
    }

    /// <summary>What the action of a rule makes of an id.</summary>
    /// <param name="rule">A rule whose action is <c>by: connection-id</c>, from 0; -1 for otherwise.</param>
    /// <param name="id">The id.</param>
    public ConnectionIdFinding Read(int rule, byte[] id)
    {
        int position = rule < 0 ? _policy.Rules.Count : rule;
        return Read(position, (ConnectionIdBalancer)((SteerAction)_policy.ActionAt(position)).By, id);
    }

    /// <summary>What of a datagram the policy takes for an id that a server issued; null when the packet does not come to a <c>by: connection-id</c>.</summary>
    public CarriedConnectionId? Find(in Packet packet)
    {
        MatchInput input = new(packet, _environment);
        if (_evaluator.FindAction(input) is not int position || _policy.ActionAt(position) is not SteerAction { By: ConnectionIdBalancer by })
        {
            return null;
        }

        int rule = RuleAt(position);
        if (ConnectionIds.Find(input, by, out bool isForeign) is not int at)
        {
            return new CarriedConnectionId(rule, [], IsCutOff: false);
        }

        Span<byte> length = [(byte)by.Length];
        if (isForeign)
        {
            input.TryReadPayload(ConnectionIds.LengthAt, length);
        }

        byte[] id = new byte[length[0]];
        if (!input.TryReadPayload(at, id))
        {
            return new CarriedConnectionId(rule, [], IsCutOff: false);
        }

        return new CarriedConnectionId(rule, id, IsCutOff: !input.IsCaptured(at + id.Length));
    }

    private ConnectionIdFinding Read(int position, ConnectionIdBalancer by, byte[] id)
    {
        (int slot, string reason) = SlotOf(position, by, id);
        return new ConnectionIdFinding(RuleAt(position), slot, reason);
    }

    /// <summary>The rule of an action, from 0; -1 for otherwise.</summary>
    private int RuleAt(int position) => position == _policy.Rules.Count ? -1 : position;

    private (int Slot, string Reason) SlotOf(int position, ConnectionIdBalancer by, byte[] id)
    {
        if (id.Length != by.Length)
        {
            return (SlotTables.None, Invariant($"it has {id.Length} bytes, and the servers issue ids of {by.Length}"));
        }

        if (by.Layout is CookieLayout && _states is null)
        {
            return (SlotTables.None, "it holds the cookie of a socket, and without a group no cookie is known");
        }

        ReadOnlySpan<byte> looked = id.AsSpan(by.Layout.From, ConnectionIds.SizeOf(by));
        if (by.Layout is PrefixLayout or CookieLayout)
        {
            int slot = ConnectionIds.SlotOf(ConnectionIds.Entries(_policy, by.Layout, _slotCount, _states ?? SlotStates.AllActive), by.Layout, looked);
            string what = by.Layout is CookieLayout ? Invariant($"cookie {BitConverter.ToUInt64([.. looked.ToArray().Reverse()])}") : "its first bytes";
            return slot >= 0 ? (slot, $"{what} of a slot") : (slot, by.Layout is CookieLayout ? $"{what} of no socket in a seat{FollowsOld(by)}" : $"no prefix or server id fits{FollowsOld(by)}");
        }

        TableChoice choice = _tables[position]!;
        string number = by.Layout switch
        {
            WorkerLayout worker => Invariant($"worker {worker.Worker.Read(looked)}"),
            ModuloLayout modulo => Invariant($"{modulo.Number.Read(looked)} modulo {choice.WorkerCount}"),
            GenerationLayout generation => Invariant($"worker {generation.Worker.Read(looked)} of generation {generation.Generation.Read(looked)}"),
            _ => "",
        };
        long entry = ConnectionIds.EntryOf(by.Layout, looked, choice.WorkerCount);
        int named = entry < 0 ? SlotTables.None : _entries[choice.IdsFirst + (int)entry];
        return (named, named >= 0 ? number : $"{number}, which no slot has{FollowsOld(by)}");
    }

    private string FollowsOld(ConnectionIdBalancer by)
    {
        ImmutableArray<int> old = by.OldSlots.Count > 0 ? [.. by.OldSlots.Items.SelectMany(_policy.ResolveSlots)] : [];
        return old.IsEmpty ? ": the flow goes by hash to any slot" : $": the flow goes by hash to slots {string.Join(", ", old.Order())}";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
