using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// A policy as a value: ordered rules, a default, and what happens on a miss. Equal policies mean the same; where it was read
/// from does not matter. docs/policy-reference.md says what it means.
/// </summary>
public sealed record SteeringPolicy
{
    /// <summary>The version of the language.</summary>
    public const int LanguageVersion = 1;

    /// <summary>The name of a policy that has none.</summary>
    public const string Unnamed = "unnamed";

    /// <summary>Name shown.</summary>
    public string Name { get; init; } = Unnamed;

    /// <summary>Which packets it decides.</summary>
    public PolicyProtocol Protocol { get; init; } = PolicyProtocol.Any;

    /// <summary>Names for slots.</summary>
    public EquatableArray<NamedSlots> Slots { get; init; } = [];

    /// <summary>Address lists.</summary>
    public EquatableArray<AddressList> Lists { get; init; } = [];

    /// <summary>The rules; the first that matches wins.</summary>
    public EquatableArray<PolicyRule> Rules { get; init; } = [];

    /// <summary>What happens when no rule matches.</summary>
    public required PolicyAction Otherwise { get; init; }

    /// <summary>What happens when the seat of the chosen slot cannot be selected.</summary>
    public MissAction OnMiss { get; init; } = MissAction.Next;

    /// <summary>Whether connections whose listener stops are steered too (<c>migrate: policy</c>).</summary>
    public bool Migrates { get; init; }

    /// <summary><c>observe: { sample: 1/N }</c>: of so many decisions on a CPU one is reported; null for none.</summary>
    public int? SampleOneIn { get; init; }

    /// <summary>The least frequent sample.</summary>
    public const int RarestSample = 1_000_000;

    /// <summary>Where its parts stand in the text it was read from.</summary>
    public PolicyPlaces Places { get; init; } = PolicyPlaces.None;

    /// <summary>The name of a rule, or <c>rule 1</c> by its position.</summary>
    public string RuleName(int index) => Rules[index].Name ?? string.Create(CultureInfo.InvariantCulture, $"rule {index + 1}");

    /// <summary>What the action without a rule is called.</summary>
    public const string OtherwiseName = "otherwise";

    /// <summary>The name of an action by its position: that of its rule, or <see cref="OtherwiseName"/> after the last.</summary>
    internal string ActionName(int position) => position == Rules.Count ? OtherwiseName : RuleName(position);

    /// <summary>What the rules do, in order, then what is done otherwise.</summary>
    public IEnumerable<PolicyAction> AllActions() => Rules.Items.Select(rule => rule.Action).Append(Otherwise);

    /// <summary>The actions with a balancer of one kind, by their positions.</summary>
    internal IEnumerable<(int Position, T By)> ActionsBy<T>()
        where T : Balancer =>
        AllActions().Select((action, position) => (position, By: (action as SteerAction)?.By as T)).Where(action => action.By is not null)!;

    /// <summary>The actions with a flow table, by their positions: their tables are numbered in this order.</summary>
    internal IEnumerable<(int Position, StickyFlows Sticky)> StickyActions() =>
        AllActions().Select((action, position) => (position, (action as SteerAction)?.Sticky)).Where(action => action.Sticky is not null)!;

    /// <summary>
    /// Whether a flow's packets are decided by themselves and the policy's data alone: nothing is drawn, counted in turns, sampled or remembered between packets, so that
    /// flows may be decided in any order.
    /// </summary>
    public bool DecidesFlowsApart => SampleOneIn is null
        && AllActions().All(action => action is not SteerAction steer || (steer is { Sticky: null, By: not (RandomBalancer or RoundRobinBalancer or LeastLoadedBalancer) }));

    /// <summary>Whether it looks into connection ids.</summary>
    public bool DecodesConnectionIds => ActionsBy<ConnectionIdBalancer>().Any();

    /// <summary>Whether it routes connection ids by the cookies of sockets.</summary>
    public bool LooksUpCookies => AllActions().Any(action => action is SteerAction { By: ConnectionIdBalancer { Layout: CookieLayout } });

    /// <summary>An action by its position: that of a rule, or <see cref="Otherwise"/> after the last.</summary>
    internal PolicyAction ActionAt(int position) => position < Rules.Count ? Rules[position].Action : Otherwise;

    /// <summary>The same with another balancer in one of its actions.</summary>
    internal SteeringPolicy WithBalancer(int position, Balancer balancer) => position == Rules.Count
        ? this with { Otherwise = ((SteerAction)Otherwise) with { By = balancer } }
        : this with { Rules = Rules.Items.SetItem(position, Rules[position] with { Action = ((SteerAction)Rules[position].Action) with { By = balancer } }).ToEquatableArray() };

    /// <summary>The slots that items stand for, ascending, each once; no items stand for all slots of the group. Names must be known.</summary>
    /// <param name="items">Numbers, ranges and names.</param>
    /// <param name="slotCount">Slots of the group.</param>
    public ImmutableArray<int> ResolveSlots(EquatableArray<SlotItem> items, int slotCount) =>
        items.Count == 0 ? [.. Enumerable.Range(0, slotCount)] : [.. items.Items.SelectMany(ResolveSlots).Distinct().Order()];

    /// <summary>The slots of one item. Its name must be known.</summary>
    public IEnumerable<int> ResolveSlots(SlotItem item) =>
        item.Name is null
            ? Enumerable.Range(item.First, item.Last - item.First + 1)
            : Slots.Items.First(s => s.Name == item.Name).Slots.Items.SelectMany(ResolveSlots);

    /// <summary>One line: <c>web: tcp, 2 rules, otherwise hash, on miss next</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}: {PolicyWords.Of(Protocol)}, {Rules.Count} {(Rules.Count == 1 ? "rule" : "rules")}, otherwise {PolicyWords.Describe(Otherwise)}, on miss {PolicyWords.Describe(OnMiss)}");
}
