using System.Collections.Immutable;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends.Groups;

// Programs of others in the place of a policy.
public sealed partial class ManagedGroup
{
    private LiveProgram? _program;

    /// <summary>The program that the group has in the place of a policy, or null.</summary>
    public AppliedProgram? Program { get; private set; }

    /// <summary>What applying a program would do, in words; touches nothing.</summary>
    /// <param name="program">The program; null for a classic one.</param>
    /// <param name="instructions">Its length.</param>
    /// <param name="confirmWithin">The time after which the group returns to what it has now, unless the program is confirmed; null when it stays.</param>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot return (RPS5373).</exception>
    public ImmutableArray<string> PlanProgram(SeatedProgram? program, int instructions, TimeSpan? confirmWithin = null)
    {
        Refresh();
        return
        [
            .. _kernelGroups.Select(group => program is null
                ? $"Attach {instructions} classic instructions to {group.Key}{Replacing(group)}."
                : $"Load {instructions} instructions and attach them to {group.Key}{Replacing(group)}."),
            program is null ? "The program counts members in the kernel's order, which changes when one closes; it has no id, and cannot be seen."
                : program.SeatMap is string seats ? $"The seats are its map '{seats}'; its other maps are new."
                : "The program has no map of sockets, and so selects nobody.",
            .. confirmWithin is not TimeSpan within ? (string[])[]
                : program is not null ? [PlanReturn(Migrates(program), within)]
                : throw TrialCodes.CannotReturn(Confirmed.Name, "a classic program cannot look at a deadline"),
        ];
    }

    /// <summary>Applies a program, its maps made as they are specified. On failure the group keeps what it had.</summary>
    /// <param name="program">The program.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="source">Where it is from, or null.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <param name="confirmWithin">The time after which the kernel returns to what the group has now, unless <see cref="ConfirmPolicy"/> comes first; null when the program stays.</param>
    /// <exception cref="Diagnostics.DiagnosticException">A foreign program is attached, it cannot return (RPS5373), or the kernel refused.</exception>
    public void Apply(SeatedProgram program, string name, string? source, bool force = false, TimeSpan? confirmWithin = null)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force);
        RequireProgramMaker();
        RequireOurs(force);
        if (confirmWithin is TimeSpan time)
        {
            _ = PlanReturn(Migrates(program), time);
            RequireNoForeign(force);
        }

        AppliedProgram applied = new(name, source, program.Program.InstructionSlots, program.SeatMap);
        int generation = NextGeneration;
        LiveProgram live = LiveProgram.Create(_backend, program);
        List<IBackendProgram> programs;
        Trial? trial;
        try
        {
            (programs, trial) = Replace(
                generation, live.Maps, group => live.Load(group.Seats), Migrates(program), confirmWithin, force, (loaded, waiting) =>
                {
                    PolicyRecords records = RecordsWith(RecordsAfter(null), waiting);
                    SaveState(StateWith(policy: null, compiled: null, generation, loaded, epoch: 0, applied, records: records), records);
                });
        }
        catch
        {
            live.Dispose();
            throw;
        }

        MakeRoom(trial);
        (_live, _program, Policy, Program, _generation) = (null, live, null, applied, generation);
        SetPrograms(programs);
        UnpinOthers();
    }

    /// <summary>Applies a classic program. On failure the group keeps what it had.</summary>
    /// <param name="program">The program.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="source">Where it is from, or null.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="Diagnostics.DiagnosticException">A foreign program is attached, or the kernel refused.</exception>
    public void Apply(ClassicProgram program, string name, string? source, bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force);
        RequireProgramMaker();
        RequireOurs(force);
        AppliedProgram applied = new(name, source, program.Instructions.Length, SeatMap: null, program.ToText());
        int generation = NextGeneration;
        using (AttachTransaction transaction = new())
        {
            AttachEach(transaction, [.. _kernelGroups.Select(_ => new Attached(null, program))], force);
            PolicyRecords records = RecordsAfter(null);
            SaveState(StateWith(policy: null, compiled: null, generation, programs: [], epoch: 0, applied, records: records), records);
            transaction.Commit();
        }

        Release();
        (Policy, Program, _generation) = (null, applied, generation);
        RestoreClassic();
        UnpinOthers();
    }

    private static bool Migrates(SeatedProgram program) => program.Program.ExpectedAttachType == AttachType.SkReuseportSelectOrMigrate;

    // The classic program of the pins, for its kernel groups.
    private void RestoreClassic()
    {
        if (Program?.Classic is string text)
        {
            ClassicProgram classic = ClassicProgram.FromText(text).Program ?? throw GroupCatalog.Damaged(Name, PinnedState.Pin);
            foreach (KernelGroup group in _kernelGroups)
            {
                group.Classic = classic;
            }
        }
    }

    private static string Replacing(KernelGroup group) =>
        group.Attached.Program is { } program ? $", replacing program {program.Id} in one step"
        : group.Classic is not null ? ", replacing the classic program in one step"
        : "";
}
