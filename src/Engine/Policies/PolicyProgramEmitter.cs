using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// Makes the program of a valid policy: what it needs of the packet, the rules in order, their actions, the ends. There are no loops but over
/// candidates, no pointers with variable offsets and no stack that is read before it is written, so that it loads with CAP_BPF alone;
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
        _code = new PolicyCode { Migrates = policy.Migrates, Samples = policy.SampleOneIn is not null };
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
            Flows = [.. policy.StickyActions().Select((action, i) => AddMap(PolicyMapSpecs.Flows(i, action.Sticky.Entries)))],
            Loads = policy.ActionsBy<LeastLoadedBalancer>().Any()
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
        ProgramSpec program = new(PolicyCompiler.ProgramName, ProgramType.SkReuseport, _policy.Migrates ? AttachType.SkReuseportSelectOrMigrate : AttachType.SkReuseportSelect, _code.Builder.Build(), _specs)
        {
            Comments = _code.Builder.Comments,
        };
        if (!RefersToSeats && !program.Instructions.Contains(Instructions.LoadMap(Register.R2, _maps.Seats)))
        {
            return new PolicyProgramEmitter(_policy, _slotCount, _states) { RefersToSeats = true }.Emit();
        }

        return new CompiledPolicy(_slotCount, program, _maps, _plan.ToBank(), _counters);
    }

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
            if (RuleRun.At(_policy, i) is RuleRun run)
            {
                EmitRun(run);
                i += run.Count - 1;
                continue;
            }

            PolicyMatch match = _policy.Rules[i].When;
            if (!MatchCode.TryConfine(match, null, out IpFamily? family))
            {
                continue;
            }

            Label next = _code.NewLabel("next rule");
            CommentRule(i);
            int before = _code.Builder.Count;
            _match.Emit(match, null, family, FlowFraction.SeedOf(_policy.RuleName(i)), next);
            bool conditional = _code.Builder.Count > before;
            EmitMatched(i, family);
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

    /// <summary>What the rules of a run have in common, once; then the value is searched for, by halves, and the rest of the one rule is tested that wants it.</summary>
    private void EmitRun(RuleRun run)
    {
        Label next = _code.NewLabel("next rule");
        _code.Builder.Comment($"rules {run.First + 1} to {run.First + run.Count}, by their {run.Field switch { RuleField.Source => "source", RuleField.Destination => "destination", RuleField.SourcePort => "source port", _ => "destination port" }}");
        IpFamily? within = null;
        if (run.Field is RuleField.Source or RuleField.Destination)
        {
            _code.JumpUnlessIpv4(next);
            within = IpFamily.V4;
        }

        PolicyMatch? common = run.Common(_policy);
        if (common is not null)
        {
            _ = MatchCode.TryConfine(common, within, out IpFamily? family);
            _match.Emit(common, within, family, 0, next);
            within = family;
        }

        _code.LoadField(
            run.Field switch { RuleField.Source => Frame.Source, RuleField.Destination => _needs.DestinationAt(IpFamily.V4), RuleField.SourcePort => Frame.Ports, _ => Frame.Ports + 2 },
            run.Mask);
        (int Rule, uint Value)[] sorted = [.. run.Values.Select((value, i) => (run.First + i, value)).OrderBy(one => one.value)];
        Search(sorted);
        _code.Mark(next);

        void Search(ReadOnlySpan<(int Rule, uint Value)> among)
        {
            if (among.Length > 1)
            {
                Label upper = _code.NewLabel("upper half");
                _code.Builder.JumpIf32(JumpOperation.GreaterOrEqual, Register.R1, (int)among[among.Length / 2].Value, upper);
                Search(among[..(among.Length / 2)]);
                _code.Mark(upper);
                Search(among[(among.Length / 2)..]);
                return;
            }

            (int rule, uint value) = among[0];
            CommentRule(rule);
            _code.Builder.JumpIf32(JumpOperation.NotEqual, Register.R1, (int)value, next);
            IpFamily? family = within;
            if (common is null)
            {
                PolicyMatch rest = run.RestOf(_policy.Rules[rule].When);
                _ = MatchCode.TryConfine(rest, within, out family);
                _match.Emit(rest, within, family, FlowFraction.SeedOf(_policy.RuleName(rule)), next);
            }

            EmitMatched(rule, family);
        }
    }

    private void CommentRule(int position)
    {
        PolicyRule rule = _policy.Rules[position];
        _code.Builder.Comment($"rule {position + 1}{(rule.Name is null ? "" : $" '{rule.Name}'")}");
    }

    private void EmitMatched(int position, IpFamily? family)
    {
        _code.Count(_counters.IndexOfRule(position));
        StoreRule(position);
        _actions.Emit(position, family);
    }
}
