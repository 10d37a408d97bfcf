using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Policies;

/// <summary>Where the code of rules and actions leads. An end is put down only if something leads to it.</summary>
internal sealed class PolicyEnds(PolicyCode code, int? sampleOneIn, CounterLayout counters)
{
    private readonly HashSet<Label> _used = [];
    private readonly Label _pass = code.NewLabel("pass");
    private readonly Label _kernel = code.NewLabel("kernel");
    private readonly Label _selected = code.NewLabel("selected");
    private readonly Label _reject = code.NewLabel("reject");
    private readonly Label _unreadable = code.NewLabel("unreadable");
    private readonly Label _notCovered = code.NewLabel("not covered");
    private readonly Label _missed = code.NewLabel("missed");
    private readonly Label _otherwise = code.NewLabel("otherwise");

    /// <summary>SK_PASS, and nothing more is counted.</summary>
    public Label Pass => Use(_pass);

    /// <summary>The kernel chooses.</summary>
    public Label Kernel => Use(_kernel);

    /// <summary>The slot on the stack was selected.</summary>
    public Label Selected => Use(_selected);

    public Label Reject => Use(_reject);

    public Label Unreadable => Use(_unreadable);

    public Label NotCovered => Use(_notCovered);

    /// <summary>What <c>on-miss</c> says, unless that is <c>next</c>.</summary>
    public Label Missed => Use(_missed);

    /// <summary>The action of <c>otherwise</c>, for a packet that a rule matched.</summary>
    public Label Otherwise => Use(_otherwise);

    public bool IsOtherwiseUsed => _used.Contains(_otherwise);

    /// <summary>Puts down the action of otherwise.</summary>
    public void MarkOtherwise() => code.Mark(_otherwise);

    /// <summary>Puts down all ends but <see cref="Otherwise"/>, in an order in which a label is used before it is put down.</summary>
    /// <param name="maps">The maps.</param>
    /// <param name="emitMissed">What <c>on-miss</c> does.</param>
    /// <param name="refersToSeats">Whether the seats are referred to here, for a program that does not select.</param>
    public void Emit(PolicyMaps maps, Action emitMissed, bool refersToSeats)
    {
        code.Builder.Comment("ends: what was decided is counted, then returned");
        if (_used.Contains(_missed))
        {
            code.Mark(_missed);
            emitMissed();
        }

        Label sample = code.NewLabel("sample");
        EmitEnd(_notCovered, CounterKind.NotCovered, _kernel, DecisionSample.OfNotCovered);
        EmitEnd(_unreadable, CounterKind.Unreadable, _kernel, DecisionSample.OfUnreadable);
        if (_used.Contains(_kernel))
        {
            code.Mark(_kernel);
            code.Count(CounterLayout.IndexOf(CounterKind.Kernel));
            Leave(PolicyVerdict.Kernel);
        }

        if (_used.Contains(_selected))
        {
            code.Mark(_selected);
            code.CountSlot(maps.SlotCounters, _pass);
            Leave(PolicyVerdict.Slot);
        }

        if (sampleOneIn is not null && _used.Contains(_reject))
        {
            code.Mark(_reject);
            code.Count(CounterLayout.IndexOf(CounterKind.Reject));
            Leave(PolicyVerdict.Reject);
        }

        if (sampleOneIn is int oneIn)
        {
            code.Mark(sample);
            code.EmitSample(maps.Samples, oneIn, counters);
        }

        code.Mark(_pass);
        if (refersToSeats)
        {
            code.Refer(maps.Seats);
        }

        code.Return(pass: true);
        if (sampleOneIn is null && _used.Contains(_reject))
        {
            code.Mark(_reject);
            code.Count(CounterLayout.IndexOf(CounterKind.Reject));
            code.Return(pass: false);
        }

        void Leave(PolicyVerdict verdict)
        {
            if (sampleOneIn is null)
            {
                code.Jump(_pass);
                return;
            }

            code.StoreVerdict(verdict);
            code.Jump(sample);
        }
    }

    private void EmitEnd(Label label, CounterKind kind, Label then, int rule)
    {
        if (_used.Contains(label))
        {
            code.Mark(label);
            code.Count(CounterLayout.IndexOf(kind));
            if (sampleOneIn is not null)
            {
                code.StoreRule(rule);
            }

            code.Jump(Use(then));
        }
    }

    private Label Use(Label label)
    {
        _used.Add(label);
        return label;
    }
}
