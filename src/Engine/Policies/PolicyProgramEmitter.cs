using System.Collections.Immutable;
using System.Runtime.InteropServices;
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
    private readonly PolicyCode _code = new();
    private readonly CounterLayout _counters;
    private readonly PolicyMaps _maps;
    private readonly PacketNeeds _needs;
    private readonly BankPlan _plan;
    private readonly MatchCode _match;
    private readonly Dictionary<(HashKey Key, bool FromTable), List<Choice>> _choices = [];
    private readonly Dictionary<(HashKey Key, bool FromTable), Label> _sharedChoice = [];
    private readonly Dictionary<(PolicyAction Action, IpFamily? Family), Label> _shared = [];
    private readonly HashSet<Label> _used = [];
    private readonly Label _pass;
    private readonly Label _kernel;
    private readonly Label _selected;
    private readonly Label _reject;
    private readonly Label _unreadable;
    private readonly Label _notCovered;
    private readonly Label _missed;
    private readonly Label _missedRule;
    private readonly Label _missedTwice;
    private readonly Label _otherwise;

    public PolicyProgramEmitter(SteeringPolicy policy, int slotCount)
    {
        _policy = policy;
        _slotCount = slotCount;
        _counters = CounterLayout.For(policy, slotCount);
        _needs = PacketNeeds.Of(policy);
        _plan = new BankPlan(policy, slotCount);
        (_pass, _kernel, _selected) = (_code.NewLabel("pass"), _code.NewLabel("kernel"), _code.NewLabel("selected"));
        (_reject, _unreadable, _notCovered) = (_code.NewLabel("reject"), _code.NewLabel("unreadable"), _code.NewLabel("not covered"));
        (_missed, _missedRule, _missedTwice) = (_code.NewLabel("missed"), _code.NewLabel("missed in a rule"), _code.NewLabel("missed again"));
        _otherwise = _code.NewLabel("otherwise");
        CollectChoices();
        _maps = new PolicyMaps(
            Seats: 0,
            Epoch: 1,
            Counters: 2,
            SlotCounters: 3,
            Tables: _plan.TableCount > 0 ? 4 : -1,
            Lists: _plan.ListCount == 0 ? -1 : _plan.TableCount > 0 ? 5 : 4);
        _match = new MatchCode(policy, _code, _plan, _maps, _needs);
    }

    /// <summary>Whether the program refers to the seats though it selects none of them: they live, and a program is known as one of the group, by the reference.</summary>
    public bool RefersToSeats { private get; init; }

    public CompiledPolicy Emit()
    {
        EmitPrologue();
        EmitRules();
        EmitEnds();
        ImmutableArray<MapSpec>.Builder maps = ImmutableArray.CreateBuilder<MapSpec>();
        maps.AddRange(PolicyMapSpecs.Seats, PolicyMapSpecs.Epoch, PolicyMapSpecs.Counters(_counters.ValueSize), PolicyMapSpecs.SlotCounters(_slotCount));
        if (_plan.TableCount > 0)
        {
            maps.Add(PolicyMapSpecs.Tables(_plan.TableCount));
        }

        if (_plan.ListCount > 0)
        {
            maps.Add(PolicyMapSpecs.Lists(_plan.ListCount));
        }

        ProgramSpec program = new("steer", ProgramType.SkReuseport, AttachType.SkReuseportSelect, _code.Builder.Build(), maps.ToImmutable())
        {
            Comments = _code.Builder.Comments,
        };
        if (!RefersToSeats && !program.Instructions.Contains(Instructions.LoadMap(Register.R2, _maps.Seats)))
        {
            return new PolicyProgramEmitter(_policy, _slotCount) { RefersToSeats = true }.Emit();
        }

        return new CompiledPolicy(_slotCount, program, _maps, _plan.ToBank(), _counters);
    }

    private Label Use(Label label)
    {
        _used.Add(label);
        return label;
    }

    private void EmitPrologue()
    {
        _code.Builder.Comment($"policy '{_policy.Name}' for {_slotCount} slots: counters, epoch, what the rules need of the packet");
        _code.SaveContext();
        _code.LoadCounters(_maps.Counters, Use(_pass));
        _code.LoadEpoch(_maps.Epoch, CounterLayout.IndexOf(CounterKind.Epoch), keepsBank: _plan.TableCount + _plan.ListCount > 0);
        if (_policy.Protocol != PolicyProtocol.Any)
        {
            _code.JumpUnlessProtocol((int)(_policy.Protocol == PolicyProtocol.Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp), Use(_notCovered));
        }

        if (_needs.TcpFlags)
        {
            _code.LoadTcpFlags();
        }

        if (_needs.Ports)
        {
            _code.LoadPorts(Use(_unreadable));
        }

        if (_needs.DestinationKey)
        {
            _code.LoadAddresses((16, 4), (24, 16), Frame.DestinationKey, key: true, Use(_unreadable));
        }

        if (_needs.Destination && !_needs.DestinationKey)
        {
            _code.LoadAddresses((12, 8), (8, 32), Frame.Source, _needs.SourceKey, Use(_unreadable));
        }
        else if (_needs.Source)
        {
            _code.LoadAddresses((12, 4), (8, 16), Frame.Source, _needs.SourceKey, Use(_unreadable));
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
            _code.Count(CounterLayout.IndexOfRule(i));
            EmitAction(i, family);
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
        }

        if (reachable || _used.Contains(_missedRule))
        {
            _code.Mark(_otherwise);
            EmitBody(_policy.Rules.Count, null);
        }
    }

    private void EmitAction(int position, IpFamily? family)
    {
        PolicyAction action = _policy.ActionAt(position);

        // Weights are data: equal ones may differ tomorrow, with the same program.
        bool canShare = action is not SteerAction { By: WeightedBalancer };
        if (canShare && _shared.TryGetValue((action, family), out Label? shared))
        {
            _code.Jump(shared);
            return;
        }

        if (canShare)
        {
            Label label = _code.NewLabel("action");
            _shared.Add((action, family), label);
            _code.Mark(label);
        }

        EmitBody(position, family);
    }

    private void EmitBody(int position, IpFamily? family)
    {
        bool isOtherwise = position == _policy.Rules.Count;
        switch (_policy.ActionAt(position))
        {
            case RejectAction:
                _code.Jump(Use(_reject));
                break;
            case SteerAction { By: KernelBalancer }:
                _code.Jump(Use(_kernel));
                break;
            case SteerAction { By: SlotBalancer by }:
                EmitFixed(_policy.ResolveSlots(by.Slot).First(), isOtherwise);
                break;
            case SteerAction { By: HashBalancer by }:
                ImmutableArray<int> slots = _policy.ResolveSlots(by.To, _slotCount);
                if (slots.Length == 1)
                {
                    EmitFixed(slots[0], isOtherwise);
                }
                else
                {
                    EmitBalanced(position, ChoiceOf(position, by, slots), family);
                }

                break;
            case SteerAction { By: WeightedBalancer by }:
                EmitBalanced(position, ChoiceOf(by), family);
                break;
        }
    }

    /// <summary>Several actions with one key share the code of hash and candidates, which is long: what they differ in is passed to it.</summary>
    private void EmitBalanced(int position, Choice choice, IpFamily? family)
    {
        if (_plan.TableOf(position) is int table)
        {
            _code.LoadInner(_maps.Tables, _plan.TableCount, table, Use(_kernel));
            _code.KeepTable();
        }

        bool isOtherwise = position == _policy.Rules.Count;
        List<Choice> alike = isOtherwise ? [choice] : _choices[(choice.Key, choice.FromTable)];
        if (alike.Count == 1)
        {
            EmitChoice(choice.Key, choice.Seed, choice.Count, choice.First, choice.FromTable, family, isOtherwise);
            return;
        }

        uint? seed = alike.All(c => c.Seed == choice.Seed) ? choice.Seed : null;
        int? count = alike.All(c => c.Count == choice.Count) ? choice.Count : null;
        int? first = alike.All(c => c.First == choice.First) ? choice.First : null;
        if (seed is null)
        {
            _code.PassSeed(choice.Seed);
        }

        if (count is null)
        {
            _code.PassCount(choice.Count);
        }

        if (first is null)
        {
            _code.PassFirst(choice.First);
        }

        if (_sharedChoice.TryGetValue((choice.Key, choice.FromTable), out Label? shared))
        {
            _code.Jump(shared);
            return;
        }

        shared = _code.NewLabel("choice");
        _sharedChoice.Add((choice.Key, choice.FromTable), shared);
        _code.Mark(shared);
        EmitChoice(choice.Key, seed, count, first, choice.FromTable, family: null, isOtherwise);
    }

    private void EmitChoice(HashKey key, uint? seed, int? count, int? first, bool fromTable, IpFamily? family, bool isOtherwise)
    {
        _code.HashFlow(key, seed, family, _needs);
        EmitCandidates(count, first, fromTable, isOtherwise);
    }

    private void EmitFixed(int slot, bool isOtherwise)
    {
        _code.StoreSlot(slot);
        _code.Select(_maps.Seats, Use(_selected));
        _code.Jump(Missed(isOtherwise));
    }

    private void EmitCandidates(int? count, int? first, bool fromTable, bool isOtherwise)
    {
        int candidates = _policy.OnMiss.Kind == MissKind.Next ? FlowHash.Candidates : 1;
        for (int candidate = 0; candidate < candidates; candidate++)
        {
            if (candidate > 0)
            {
                _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
                _code.Rehash();
            }

            _code.StoreScaled(count, first);
            if (fromTable)
            {
                _code.StoreFromTable(Use(_kernel));
            }

            _code.Select(_maps.Seats, Use(_selected));
        }

        _code.Jump(Missed(isOtherwise));
    }

    /// <summary>Where the last miss of an action leads.</summary>
    private Label Missed(bool isOtherwise) =>
        Use(_policy.OnMiss.Kind != MissKind.Next ? _missed : isOtherwise ? _missedTwice : _missedRule);

    // Each end is there only if something leads to it, in an order in which a label is used before it is put down.
    private void EmitEnds()
    {
        _code.Builder.Comment("ends: what was decided is counted, then returned");
        if (_used.Contains(_missed))
        {
            _code.Mark(_missed);
            _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
            switch (_policy.OnMiss.Kind)
            {
                case MissKind.Slot:
                    _code.StoreSlot(_policy.ResolveSlots(_policy.OnMiss.Slot).First());
                    _code.Select(_maps.Seats, Use(_selected));
                    _code.Jump(Use(_missedTwice));
                    break;
                case MissKind.Reject:
                    _code.Jump(Use(_reject));
                    break;
                default:
                    _code.Jump(Use(_kernel));
                    break;
            }
        }

        EmitEnd(_missedRule, CounterKind.Miss, _otherwise);
        EmitEnd(_notCovered, CounterKind.NotCovered, _kernel);
        EmitEnd(_unreadable, CounterKind.Unreadable, _kernel);
        if (_used.Contains(_missedTwice))
        {
            _used.Add(_kernel);
            _code.Mark(_missedTwice);
            _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        }

        EmitEnd(_kernel, CounterKind.Kernel, _pass);
        if (_used.Contains(_selected))
        {
            _code.Mark(_selected);
            _code.CountSlot(_maps.SlotCounters, _pass);
        }

        _code.Mark(_pass);
        if (RefersToSeats)
        {
            _code.Refer(_maps.Seats);
        }

        _code.Return(pass: true);
        if (_used.Contains(_reject))
        {
            _code.Mark(_reject);
            _code.Count(CounterLayout.IndexOf(CounterKind.Reject));
            _code.Return(pass: false);
        }
    }

    private void EmitEnd(Label label, CounterKind kind, Label then)
    {
        if (_used.Contains(label))
        {
            _code.Mark(label);
            _code.Count(CounterLayout.IndexOf(kind));
            _code.Jump(Use(then));
        }
    }

    /// <summary>Finds the actions of rules that can share code: those that are not the same, which share all of it anyway.</summary>
    private void CollectChoices()
    {
        HashSet<PolicyAction> seen = [];
        for (int position = 0; position < _policy.Rules.Count; position++)
        {
            Choice? choice = _policy.ActionAt(position) switch
            {
                SteerAction { By: WeightedBalancer by } => ChoiceOf(by),
                SteerAction { By: HashBalancer by } action when seen.Add(action) && _policy.ResolveSlots(by.To, _slotCount) is { Length: > 1 } slots => ChoiceOf(position, by, slots),
                _ => null,
            };
            if (choice is not null)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_choices, (choice.Key, choice.FromTable), out _) ??= []).Add(choice);
            }
        }
    }

    private Choice ChoiceOf(WeightedBalancer by) => new(by.Key, by.Seed, FromTable: true, MaglevTable.SizeFor(_slotCount), First: 0);

    private Choice ChoiceOf(int position, HashBalancer by, ImmutableArray<int> slots) =>
        _plan.TableOf(position) is not null ? new(by.Key, by.Seed, FromTable: true, slots.Length, First: 0) : new(by.Key, by.Seed, FromTable: false, slots.Length, slots[0]);

    /// <summary>How a slot is chosen: an entry of a table, or one of a range of slots.</summary>
    private sealed record Choice(HashKey Key, uint Seed, bool FromTable, int Count, int First);
}
