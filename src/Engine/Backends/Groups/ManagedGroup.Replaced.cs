using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

// Programs of others, which were in the way.
public sealed partial class ManagedGroup
{
    /// <summary>What a change with force would replace: the programs that are not ours, or may not be, by kernel group. A classic one, and one that cannot be seen, cannot be put back.</summary>
    public ImmutableArray<(KernelGroupKey KernelGroup, Attachment Attachment)> FindForeign()
    {
        List<(KernelGroupKey, Attachment)> found = [];
        foreach (KernelGroup group in _kernelGroups)
        {
            if (FindMember(group) is { } member && _backend.InspectAttachment(member) is var attachment && !IsOurs(group, member, attachment))
            {
                found.Add((group.Key, attachment));
            }
        }

        return [.. found];
    }

    /// <summary>The programs of others that were last replaced by force and are kept, by kernel group.</summary>
    public ImmutableArray<(KernelGroupKey KernelGroup, uint ProgramId)> Replaced =>
        [.. _kernelGroups.Where(group => group.Replaced is not null).Select(group => (group.Key, group.Replaced!.Id))];

    /// <summary>
    /// Gives the kernel groups the programs of others back that were replaced by force; the policy goes, as when it is removed, and so does the program of kernel groups that had none.
    /// On failure the group keeps what it had.
    /// </summary>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="DiagnosticException">No such program is kept (RPS5375), a foreign program is attached, or the kernel refused.</exception>
    public void RestoreReplaced(bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Refresh();
        RequireProgramMaker();
        IBackendProgram?[] replaced = [.. _kernelGroups.Select(group => group.Replaced)];
        if (replaced.All(program => program is null))
        {
            throw new DiagnosticException(Diagnostic.Error(
                TrialCodes.NothingReplaced, $"Group '{Name}' keeps no program of others that was replaced.",
                remedy: "Only an eBPF program that -Force has replaced is kept, until another is; Restore-SteeringPolicy without -Foreign puts a policy back."));
        }

        using (AttachTransaction transaction = new())
        {
            AttachEach(transaction, [.. replaced.Select(program => new Attached(program))], force);
            PolicyRecords records = RecordsAfter(null);
            SaveState(StateWith(policy: null, compiled: null, NextGeneration, programs: [], epoch: 0, records: records), records);
            transaction.Commit();
        }

        HaveNothing();
        for (int index = 0; index < replaced.Length; index++)
        {
            // What -Force may have replaced just now is kept in its place.
            if (replaced[index] is { } program && _kernelGroups[index].Replaced == program)
            {
                program.Dispose();
                _kernelGroups[index].Replaced = null;
                TryPutBack(() => _folder?.Unpin(ReplacedPin(index)));
            }
        }
    }

    /// <summary>Keeps a program of others that is about to be replaced.</summary>
    private IBackendProgram KeepReplaced(AttachTransaction transaction, KernelGroup group, IBackendProgram program)
    {
        int index = _kernelGroups.IndexOf(group);
        IBackendProgram? before = group.Replaced;
        transaction.Also(
            () =>
            {
                before?.Dispose();
                group.Replaced = program;
            },
            () =>
            {
                TryPutBack(() => Pin(before));
                program.Dispose();
            });
        Pin(program);
        return program;

        void Pin(IBackendProgram? kept)
        {
            if (kept is null)
            {
                _folder?.Unpin(ReplacedPin(index));
            }
            else
            {
                _folder?.Pin(ReplacedPin(index), kept);
            }
        }
    }

    /// <summary>There is no way to attach only where nothing else is, so one looks once more: what others attached in the same moment is theirs, and stays.</summary>
    private void LookAgain(AttachTransaction transaction, KernelGroup group, SocketRecord record, IBackendSocket member, Attached attached)
    {
        Attachment found = attached.IsNothing ? default! : _backend.InspectAttachment(record);
        bool isOvertaken = !attached.IsNothing && found.State switch
        {
            AttachmentState.Program => found.ProgramId != attached.Program?.Id,
            AttachmentState.Classic => attached.Program is not null,
            _ => false,
        };
        if (isOvertaken)
        {
            transaction.LetGo(member);
            throw new DiagnosticException(Diagnostic.Error(
                TrialCodes.Overtaken, $"{group.Key} of group '{Name}' was given another program in the same moment: {ForeignProgram.Describe(found)}.",
                remedy: "Find out who else steers this group; with -Force their program is replaced, and kept."));
        }
    }
}
