using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Policies;

/// <summary>Which tables and lists a policy has in a bank, and which of them each action and match uses.</summary>
internal sealed class BankPlan
{
    /// <summary>Prefixes written in a rule that are compared one by one; more are put into a list of their own.</summary>
    private const int MostComparedPrefixes = 8;

    private readonly SteeringPolicy _policy;
    private readonly int _slotCount;
    private readonly List<MapSpec> _tables = [];
    private readonly List<MapSpec> _lists = [];
    private readonly Dictionary<string, int> _listOfName = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _tableOfAction = [];

    public BankPlan(SteeringPolicy policy, int slotCount)
    {
        _policy = policy;
        _slotCount = slotCount;
        CollectTables();
        CollectLists();
    }

    public int TableCount => _tables.Count;

    public int ListCount => _lists.Count;

    public PolicyBank ToBank() => new([.. _tables], [.. _lists]);

    /// <summary>Whether prefixes are compared one by one.</summary>
    public static bool IsCompared(AddressMatch match) => match.Prefixes.Count <= MostComparedPrefixes;

    /// <summary>Whether a match looks into lists.</summary>
    public static bool UsesLists(AddressMatch match) => match.Lists.Count > 0 || !IsCompared(match);

    /// <summary>The table of an action, by its position: that of its rule, or after the last for otherwise.</summary>
    public int? TableOf(int position) => _tableOfAction.TryGetValue(position, out int table) ? table : null;

    /// <summary>The lists of a match.</summary>
    public IEnumerable<int> ListsOf(AddressMatch match) =>
        (IsCompared(match) ? match.Lists.Items : match.Lists.Items.Add(NameOf(match))).Distinct().Select(name => _listOfName[name]);

    /// <summary>Gives each weighted action, and each choice among slots that are no range, its place in a bank.</summary>
    private void CollectTables()
    {
        Dictionary<HashBalancer, int> ofBalancer = [];
        for (int position = 0; position <= _policy.Rules.Count; position++)
        {
            switch (_policy.ActionAt(position))
            {
                case SteerAction { By: WeightedBalancer by }:
                    AddTable(position, WeightedTable.Build(_policy, by, _slotCount));
                    break;
                case SteerAction { By: HashBalancer by } when _policy.ResolveSlots(by.To, _slotCount) is var slots && !IsContiguous(slots):
                    if (ofBalancer.TryGetValue(by, out int table))
                    {
                        _tableOfAction.Add(position, table);
                        break;
                    }

                    ofBalancer.Add(by, _tables.Count);
                    AddTable(position, slots);
                    break;
            }
        }

        void AddTable(int position, ImmutableArray<int> values)
        {
            _tableOfAction.Add(position, _tables.Count);
            _tables.Add(PolicyMapSpecs.Table(values));
        }
    }

    private static bool IsContiguous(ImmutableArray<int> slots) => slots[^1] - slots[0] == slots.Length - 1;

    /// <summary>Gives each named list that is used, and each long row of prefixes in a rule, its place in a bank.</summary>
    private void CollectLists()
    {
        HashSet<string> used = [.. AddressMatches().SelectMany(m => m.Lists.Items)];
        foreach (AddressList list in _policy.Lists.Items.Where(l => used.Contains(l.Name)))
        {
            _listOfName.Add(list.Name, _lists.Count);
            _lists.Add(PolicyMapSpecs.List(list.Prefixes));
        }

        foreach (AddressMatch match in AddressMatches().Where(m => !IsCompared(m)))
        {
            if (_listOfName.TryAdd(NameOf(match), _lists.Count))
            {
                _lists.Add(PolicyMapSpecs.List(match.Prefixes));
            }
        }
    }

    private IEnumerable<AddressMatch> AddressMatches() => _policy.Rules.Items.SelectMany(r => r.When.All()).SelectMany<PolicyMatch, AddressMatch>(m => [m.Source, m.Destination]);

    // No name of a list has a slash or a comma.
    private static string NameOf(AddressMatch match) => string.Join(",", match.Prefixes);
}
