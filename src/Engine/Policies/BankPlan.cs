using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Policies;

/// <summary>The table and the lists that a policy has in a bank, and which of the lists each match uses.</summary>
internal sealed class BankPlan
{
    /// <summary>Prefixes written in a rule that are compared one by one; more are put into a list of their own.</summary>
    private const int MostComparedPrefixes = 8;

    private readonly SteeringPolicy _policy;
    private readonly List<MapSpec> _lists = [];
    private readonly Dictionary<string, int> _listOfName = new(StringComparer.Ordinal);

    private readonly Dictionary<int, int> _idListOfAction = [];

    public BankPlan(SteeringPolicy policy, int slotCount, SlotStates states)
    {
        _policy = policy;
        Tables = new SlotTables(policy, slotCount, states);
        CollectLists();
        CollectIds(slotCount, states);
    }

    /// <summary>What the table of a bank holds.</summary>
    public SlotTables Tables { get; }

    public bool HasTable => Tables.Count > 0;

    public int ListCount => _lists.Count;

    public PolicyBank ToBank() => new(HasTable ? [PolicyMapSpecs.Table(Tables.Build())] : [], [.. _lists]);

    /// <summary>The list with the connection ids of an action.</summary>
    public int IdListOf(int position) => _idListOfAction[position];

    /// <summary>Whether prefixes are compared one by one.</summary>
    public static bool IsCompared(AddressMatch match) => match.Prefixes.Count <= MostComparedPrefixes;

    /// <summary>Whether a match looks into lists.</summary>
    public static bool UsesLists(AddressMatch match) => match.Lists.Count > 0 || !IsCompared(match);

    /// <summary>The lists of a match.</summary>
    public IEnumerable<int> ListsOf(AddressMatch match) =>
        (IsCompared(match) ? match.Lists.Items : match.Lists.Items.Add(NameOf(match))).Distinct().Select(name => _listOfName[name]);

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

    /// <summary>Gives the prefixes, server ids and cookies of connection ids their place in a bank.</summary>
    private void CollectIds(int slotCount, SlotStates states)
    {
        for (int position = 0; position <= _policy.Rules.Count; position++)
        {
            if (_policy.ActionAt(position) is SteerAction { By: ConnectionIdBalancer { Layout: PrefixLayout or CookieLayout } by })
            {
                _idListOfAction.Add(position, _lists.Count);
                _lists.Add(PolicyMapSpecs.Ids(ConnectionIds.Entries(_policy, by.Layout, slotCount, states)));
            }
        }
    }

    private IEnumerable<AddressMatch> AddressMatches() => _policy.Rules.Items.SelectMany(r => r.When.All()).SelectMany<PolicyMatch, AddressMatch>(m => [m.Source, m.Destination]);

    // No name of a list has a slash or a comma.
    private static string NameOf(AddressMatch match) => string.Join(",", match.Prefixes);
}
