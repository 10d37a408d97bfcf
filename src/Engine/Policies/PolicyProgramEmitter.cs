using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// Makes the program of a valid policy: what it needs of the packet, the rules in order, their actions, the ends. There are no
/// loops, no pointers with variable offsets and no stack that is read before it is written, so that it loads with CAP_BPF alone;
/// and no code that is never reached, which the kernel refuses.
/// </summary>
internal sealed class PolicyProgramEmitter
{
    private readonly SteeringPolicy _policy;
    private readonly int _slotCount;
    private readonly SlotStates _states;
    private readonly PolicyCode _code;
    private readonly CounterLayout _counters;
    private readonly PolicyMaps _maps;
    private readonly PacketNeeds _needs;
    private readonly BankPlan _plan;
    private readonly PolicyEnds _ends;
    private readonly MatchCode _match;
    private readonly ActionCode _actions;
    private readonly ImmutableArray<MapSpec> _specs;

    public PolicyProgramEmitter(SteeringPolicy policy, int slotCount, SlotStates states)
    {
        _policy = policy;
        _code = new PolicyCode { Migrates = policy.Migrates };
        _slotCount = slotCount;
        _states = states;
        _counters = CounterLayout.For(policy, slotCount);
        _needs = PacketNeeds.Of(policy);
        _plan = new BankPlan(policy, slotCount, states);
        _ends = new PolicyEnds(_code, policy.SampleOneIn, _counters);
        List<MapSpec> specs = [PolicyMapSpecs.Seats, PolicyMapSpecs.Epoch, PolicyMapSpecs.Counters(_counters.ValueSize), PolicyMapSpecs.SlotCounters(_slotCount)];
        _maps = new PolicyMaps(
            Seats: 0,
            Epoch: 1,
            Counters: 2,
            SlotCounters: 3,
            Tables: _plan.HasTable ? AddMap(PolicyMapSpecs.Tables) : -1,
            Lists: _plan.ListCount > 0 ? AddMap(PolicyMapSpecs.Lists(_plan.ListCount)) : -1)
        {
            Flows = [.. StickyActions(policy).Select((sticky, i) => AddMap(PolicyMapSpecs.Flows(i, sticky.Entries)))],
            Loads = Enumerable.Range(0, policy.Rules.Count + 1).Any(position => policy.ActionAt(position) is SteerAction { By: LeastLoadedBalancer })
                ? AddMap(PolicyMapSpecs.Loads(slotCount))
                : -1,
            Samples = policy.SampleOneIn is null ? -1 : AddMap(PolicyMapSpecs.Samples),
        };
        _specs = [.. specs];
        _match = new MatchCode(policy, _code, _plan, _maps, _needs);
        _actions = new ActionCode(policy, _code, _plan, _maps, _needs, _counters, _ends);

        int AddMap(MapSpec spec)
        {
            specs.Add(spec);
            return specs.Count - 1;
        }
    }

    /// <summary>Whether the program refers to the seats though it selects none of them: they live, and a program is known as one of the group, by the reference.</summary>
    public bool RefersToSeats { private get; init; }

    public CompiledPolicy Emit()
    {
        EmitPrologue();
        EmitRules();
        _ends.Emit(_maps, _actions.EmitMissed, RefersToSeats);
        ProgramSpec program = new("steer", ProgramType.SkReuseport, _policy.Migrates ? AttachType.SkReuseportSelectOrMigrate : AttachType.SkReuseportSelect, _code.Builder.Build(), _specs)
        {
            Comments = _code.Builder.Comments,
        };
        if (!RefersToSeats && !program.Instructions.Contains(Instructions.LoadMap(Register.R2, _maps.Seats)))
        {
            return new PolicyProgramEmitter(_policy, _slotCount, _states) { RefersToSeats = true }.Emit();
        }

        return new CompiledPolicy(_slotCount, program, _maps, _plan.ToBank(), _counters);
    }

    private static IEnumerable<StickyFlows> StickyActions(SteeringPolicy policy) =>
        Enumerable.Range(0, policy.Rules.Count + 1).Select(position => (policy.ActionAt(position) as SteerAction)?.Sticky).OfType<StickyFlows>();

    private void EmitPrologue()
    {
        _code.Builder.Comment($"policy '{_policy.Name}' for {_slotCount} slots: counters, epoch, what the rules need of the packet");
        _code.SaveContext();
        _code.LoadCounters(_maps.Counters, _ends.Pass);
        _code.LoadEpoch(_maps.Epoch, CounterLayout.IndexOf(CounterKind.Epoch), keepsBank: _plan.HasTable || _plan.ListCount > 0);
        if (_policy.SampleOneIn is not null)
        {
            _code.ZeroAddresses();
            _code.StoreRule(DecisionSample.OfUnreadable);
        }

        Label loaded = _code.NewLabel("loaded");
        if (_policy.Migrates)
        {
            _code.StoreFamily();
            if (_plan.HasTable)
            {
                _code.LoadInner(_maps.Tables, 1, 0, _ends.Kernel);
                _code.KeepTable();
            }

            _code.LoadMigrating(_needs, _counters.Find(CounterKind.Migrating), _policy.Protocol == PolicyProtocol.Udp ? _ends.NotCovered : loaded);
        }

        if (_policy.Protocol != PolicyProtocol.Any)
        {
            _code.JumpUnlessProtocol((int)(_policy.Protocol == PolicyProtocol.Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp), _ends.NotCovered);
        }

        if (_plan.HasTable && !_policy.Migrates)
        {
            _code.LoadInner(_maps.Tables, 1, 0, _ends.Kernel);
            _code.KeepTable();
        }

        if (_needs.Ports)
        {
            _code.LoadPorts(_ends.Unreadable);
        }

        if (_needs.DestinationKey)
        {
            _code.LoadAddresses((16, 4), (24, 16), Frame.DestinationKey, key: true, _ends.Unreadable);
        }

        if (_needs.FlowKey || (_needs.Destination && !_needs.DestinationKey))
        {
            _code.LoadAddresses((12, 8), (8, 32), Frame.Source, _needs.SourceKey, _ends.Unreadable);
        }
        else if (_needs.Source)
        {
            _code.LoadAddresses((12, 4), (8, 16), Frame.Source, _needs.SourceKey, _ends.Unreadable);
        }

        _code.Mark(loaded);
        if (_needs.TcpFlags)
        {
            _code.LoadTcpFlags(_counters.Find(CounterKind.NotSyn));
        }
    }

    private void StoreRule(int rule)
    {
        if (_policy.SampleOneIn is not null)
        {
            _code.StoreRule(rule);
        }
    }

    private void EmitRules()
    {
        bool reachable = true;
        for (int i = 0; i < _policy.Rules.Count && reachable; i++)
        {
            PolicyRule rule = _policy.Rules[i];
            if (!MatchCode.TryConfine(rule.When, null, out IpFamily? family))
            {
                continue;
            }

            Label next = _code.NewLabel("next rule");
            _code.Builder.Comment($"rule {i + 1}{(rule.Name is null ? "" : $" '{rule.Name}'")}");
            int before = _code.Builder.Count;
            _match.Emit(rule.When, family, FlowFraction.SeedOf(_policy.RuleName(i)), next);
            bool conditional = _code.Builder.Count > before;
            _code.Count(_counters.IndexOfRule(i));
            StoreRule(i);
            _actions.Emit(i, family);
            if (conditional)
            {
                _code.Mark(next);
            }

            reachable = conditional;
        }

        if (reachable)
        {
            _code.Builder.Comment("otherwise");
            _code.Count(CounterLayout.IndexOf(CounterKind.Otherwise));
            StoreRule(DecisionSample.OfOtherwise);
        }

        if (reachable || _ends.IsOtherwiseUsed)
        {
            _ends.MarkOtherwise();
            _actions.Emit(_policy.Rules.Count, null);
        }
    }
}
