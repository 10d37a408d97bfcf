using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// Policies that wait to be confirmed.
public sealed partial class ManagedGroup
{
    private Trial? _trial;

    /// <summary>Whether the policy stays, waits to be confirmed, or is the one from before a change that nobody confirmed.</summary>
    public PolicyState State => _trial switch
    {
        { RolledBack: not null } => PolicyState.RolledBack,
        { Former: not null } trial when trial.Deadline != ConfirmProgram.Never => PolicyState.Pending,
        _ => PolicyState.Active,
    };

    /// <summary>How long the policy still waits to be confirmed; null when it does not.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            ulong deadline = State == PolicyState.Pending ? _trial!.Deadline : 0;
            ulong now = _backend.BootTime;
            return deadline == 0 ? null : TimeSpan.FromTicks(deadline > now ? (long)((deadline - now) / TimeSpan.NanosecondsPerTick) : 0);
        }
    }

    /// <summary>What the group returns to, or what it has returned from, in words: <c>policy 'web'</c>, <c>the kernel's choice</c>. Null when the policy is active.</summary>
    public string? Alternative => State switch
    {
        PolicyState.Pending => _trial!.Former!.Name,
        PolicyState.RolledBack => _trial!.RolledBack,
        _ => null,
    };

    /// <summary>A generation of which there is no pin, not even of a change whose shell died: the program of such a one may be attached, and is known by its pin.</summary>
    private int NextGeneration => Generations.Concat((_folder?.Names ?? []).Select(GenerationOf)).Max() + 1;

    /// <summary>What the group has for good: where a policy waits to be confirmed, what a deadline returns to.</summary>
    private GroupSide Confirmed => _trial?.Former ?? Side();

    /// <summary>The generations whose pins are in use.</summary>
    private IEnumerable<int> Generations =>
        _trial is null ? [_generation] : _trial.Former is null ? [_generation, _trial.Generation] : [_generation, _trial.Generation, _trial.Former.Generation];

    /// <summary>Whether the policy, or the one that the group may return to, knows the cookies of who sits in the slots.</summary>
    private bool LooksUpCookies => Policy is { LooksUpCookies: true } || _trial?.Former?.Policy is { LooksUpCookies: true };

    /// <summary>Keeps the policy that waits to be confirmed: first the deadline is lifted, then the policy's own program takes the place of the one that looked at it. On failure it waits on.</summary>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="DiagnosticException">Nothing waits (RPS5372), the deadline has passed (RPS5374), a foreign program is attached, or the kernel refused.</exception>
    public void ConfirmPolicy(bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Refresh();
        if (_trial is null)
        {
            throw new DiagnosticException(Diagnostic.Error(
                TrialCodes.NothingToConfirm, $"Nothing of group '{Name}' waits to be confirmed.", remedy: "Set-SteeringPolicy -ConfirmWithin applies a policy that does."));
        }

        if (_trial.RolledBack is string over)
        {
            throw TooLate(over);
        }

        RequireProgramMaker();
        ulong deadline = _trial.Deadline;
        _trial.Deadline = ConfirmProgram.Never;
        try
        {
            // Up to here it may have passed.
            if (_backend.BootTime >= deadline)
            {
                throw TooLate(Side().Name);
            }

            Collapse(force, toFormer: false);
        }
        catch
        {
            Trial? waiting = _trial;
            TryPutBack(() => waiting!.Deadline = deadline);
            throw;
        }
    }

    /// <summary>Returns to what the group had before the policy that waits to be confirmed, now; or, when the deadline has done so, makes it lasting. Nothing happens when nothing waits. On failure the policy waits on.</summary>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="DiagnosticException">A foreign program is attached, or the kernel refused.</exception>
    public void RollBack(bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force, toFormer: true);
    }

    private DiagnosticException TooLate(string over) => new(Diagnostic.Error(
        TrialCodes.TooLate, $"The time to confirm {over} of group '{Name}' has passed, and the group has returned to what it had.",
        remedy: "Apply it again with Set-SteeringPolicy -ConfirmWithin and a longer time."));

    /// <summary>Reads the state anew, and ends what has been decided: a policy that was confirmed, or taken back by its deadline, gets its own program again.</summary>
    private void Settle(bool force, bool toFormer = false)
    {
        Refresh();
        if (_trial is not null && (toFormer || State != PolicyState.Pending))
        {
            Collapse(force, toFormer: toFormer && State == PolicyState.Pending);
        }
    }

    /// <summary>When the deadline has passed the group has what it had before, whoever is told so first.</summary>
    private void LookAtClock()
    {
        if (_trial is { Former: GroupSide former } trial && trial.Deadline is var deadline && deadline != ConfirmProgram.Never && _backend.BootTime >= deadline)
        {
            trial.RolledBack = Side().Name;
            trial.Former = null;
            ReleaseSide();
            Take(former);
        }
    }

    /// <summary>Attaches the programs themselves in the place of those that look at the deadline: those of the present policy, or of the former one. On failure everything stays.</summary>
    private void Collapse(bool force, bool toFormer)
    {
        RequireProgramMaker();
        Trial trial = _trial!;
        GroupSide side = toFormer ? trial.Former! : Side();
        using (AttachTransaction transaction = new())
        {
            for (int index = 0; index < _kernelGroups.Length; index++)
            {
                KernelGroup group = _kernelGroups[index];
                if (FindMember(group) is not { } member)
                {
                    RequireEmpty(group);
                    continue;
                }

                // One that a restart took is for Sync-ReuseportGroup to attach.
                Attachment attachment = RequireOurs(group, member, force);
                if (attachment.State != AttachmentState.None)
                {
                    IBackendSocket handle = OpenMember(transaction, group, member);
                    Attached own = new(side.Programs.IsEmpty ? null : side.Programs[index]);
                    transaction.Put(own, handle, OpenAttached(transaction, group, attachment));
                    LookAgain(transaction, group, member, handle, own);
                }
            }

            PolicyRecords records = new(side.Version, toFormer || trial.RolledBack is not null ? _history : Append(_history, trial.Former!, side.Policy));
            SaveState(StateWith(side.Policy, side.Live?.Compiled, side.Generation, [.. side.Programs], side.Live?.Epoch ?? side.SavedEpoch, side.Program, records: records), records);
            transaction.Commit();
        }

        if (toFormer)
        {
            ReleaseSide();
            Take(side);
        }
        else
        {
            trial.Former?.Dispose();
        }

        SetTrial(null);
        UnpinOthers();
    }

    private void SetTrial(Trial? trial)
    {
        _trial?.Dispose();
        _trial = trial;
        for (int index = 0; index < _kernelGroups.Length; index++)
        {
            _kernelGroups[index].Confirming = trial?.Programs[index];
        }
    }

    /// <summary>The plan of another policy: what a data change would do cannot be taken back by itself, so that one with a deadline is a change of program; so is one that ends a deadline.</summary>
    private PolicyPlan PlanSet(SteeringPolicy policy, TimeSpan? confirmWithin)
    {
        PolicyPlan plan = Plan(policy, IsRecovered ? RecoveredStates(policy) : _states);
        if ((confirmWithin is null || plan.Change == PolicyChange.None) && State != PolicyState.Pending)
        {
            return plan;
        }

        if (plan.Change != PolicyChange.Program)
        {
            ImmutableArray<FlowTable> tables = TablesAcross(policy);
            plan = plan with { Change = PolicyChange.Program, FlowTables = tables, Steps = [.. Describe(PolicyChange.Program, plan.Compiled), .. tables.Select(table => table.ToString())] };
        }

        if (confirmWithin is not TimeSpan within)
        {
            return plan;
        }

        return plan with { Steps = plan.Steps.Add(PlanReturn(policy.Migrates, within)) };
    }

    /// <summary>The step of a plan that returns to what the group has now.</summary>
    private string PlanReturn(bool migrates, TimeSpan within)
    {
        GroupSide former = Confirmed;
        string? why = former switch
        {
            { Program.IsClassic: true } => "no program can go on to a classic one",
            { Policy: not null, Live: null } => "another version of this project applied it",
            { Program: null } when (former.Policy?.Migrates ?? false) != migrates =>
                "a program goes on to another only when both are attached alike, and one of the policies steers connections whose listener stops (migrate) and the other does not",
            _ => null,
        };
        return why is null
            ? $"Return to {former.Name} after {within:c}, unless Confirm-SteeringPolicy comes first."
            : throw TrialCodes.CannotReturn(former.Name, why);
    }

    /// <summary>What is not the group's own cannot be returned to.</summary>
    private void RequireNoForeign(bool force)
    {
        if (!FindForeign().IsEmpty)
        {
            // Refused without -Force, with its own code.
            RequireOurs(force);
            throw TrialCodes.CannotReturn("a program of others", "it would return to what the group itself had");
        }
    }

    /// <summary>A change of the present policy that needs another program is none while the policy waits to be confirmed.</summary>
    private void RequireConfirmed(PolicyRecords? records)
    {
        if (records is null && State == PolicyState.Pending)
        {
            throw new DiagnosticException(Diagnostic.Error(
                TrialCodes.Unconfirmed, $"Policy '{Policy?.Name}' of group '{Name}' waits to be confirmed, and this change needs another program.",
                remedy: "Keep the policy with Confirm-SteeringPolicy, or return with Restore-SteeringPolicy, first."));
        }
    }

    private Trial MakeTrial(int generation, List<IBackendProgram> programs, bool migrates, TimeSpan within)
    {
        Trial trial = Trial.Make(_backend, generation, _kernelGroups, programs, Confirmed, migrates);
        try
        {
            trial.Deadline = _backend.BootTime + (ulong)within.TotalNanoseconds;
            foreach ((string pin, IBackendMap map) in _folder is null ? [] : trial.Maps)
            {
                _folder!.Pin(MapPin(pin, generation), map);
            }

            for (int index = 0; _folder is not null && index < trial.Programs.Length; index++)
            {
                _folder.Pin(Trial.ProgramPin(index, generation), trial.Programs[index]);
            }

            return trial;
        }
        catch
        {
            trial.Dispose();
            throw;
        }
    }

    /// <summary>Lets go what the policy that was just applied has come in the place of: all, or, when it waits to be confirmed, what it will not return to.</summary>
    private void MakeRoom(Trial? trial)
    {
        if (trial is null)
        {
            Release();
            return;
        }

        if (_trial is not null)
        {
            ReleaseSide();
        }

        SetTrial(trial);
        _program = null;
    }

    /// <summary>Makes data current: those of the policy, and, where it may return to another, the same states of slots there. On failure both keep what they had.</summary>
    private void SwapData(CompiledPolicy compiled, SlotStates states, Action keep)
    {
        if (_trial?.Former is { Policy: SteeringPolicy policy, Live: LivePolicy former })
        {
            former.Swap(Compile(policy, states), () => _live!.Swap(compiled, keep));
        }
        else
        {
            _live!.Swap(compiled, keep);
        }
    }

    /// <summary>Opens what waits to be confirmed from its pins; false when one is missing.</summary>
    private bool TryOpenTrial(SideState state, GroupSide newer, out string missing)
    {
        GroupSide? former = OpenSide(state, out missing);
        Trial? trial = former is null ? null : Trial.Open(_folder!, newer.Generation, _kernelGroups.Length);
        if (trial is null)
        {
            missing = former is null ? missing : MapPin(Trial.DeadlinePin, newer.Generation);
            former?.Dispose();
            return false;
        }

        trial.Former = former;
        SetTrial(trial);
        return true;
    }
}
