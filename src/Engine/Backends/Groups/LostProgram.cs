using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>
/// A program of this project that decides for a kernel group though its pins are gone: whoever emptied the BPF file system did not detach it. It is known by its seats: a sockarray as only this
/// project makes one, in which nobody sits but members of that kernel group; and a socket sits in one sockarray at most.
/// </summary>
internal sealed class LostProgram : IDisposable
{
    private readonly KernelGroupKey _key;
    private bool _isKept;

    private LostProgram(KernelGroupKey key, IBackendProgram program, IBackendMap seats, ImmutableArray<IBackendMap> maps, int seatCount)
    {
        _key = key;
        Program = program;
        Seats = seats;
        Maps = maps;
        SlotCount = Math.Max(seatCount, maps.FirstOrDefault(map => map.Spec.Name == PolicyMapSpecs.SlotCountersName)?.Spec.MaxEntries ?? 0);
    }

    public IBackendProgram Program { get; }

    public IBackendMap Seats { get; }

    /// <summary>Its other maps.</summary>
    public ImmutableArray<IBackendMap> Maps { get; }

    /// <summary>Slots of the group that it was of, as far as its maps tell: at least those that somebody sits in.</summary>
    public int SlotCount { get; }

    /// <summary>Whether it selects nobody: the program of a group without a policy.</summary>
    public bool Passes => Program.Name == PassingProgram.Title;

    /// <summary>What the group has in the place of a policy; null for a program that passes.</summary>
    public AppliedProgram? Applied => Passes ? null
        : new AppliedProgram(Program.Name == FrozenHashProgram.Title ? FrozenHashProgram.Name : Program.Name, null, 0, KernelGroup.SeatsSpec.Name) { IsRecovered = true };

    /// <summary>The program that is attached, if it is one of this project by its seats; null when it is not, or when that may not be seen (CAP_SYS_ADMIN).</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="key">The kernel group.</param>
    /// <param name="attachment">What is attached to it.</param>
    /// <param name="place">Its network namespace; null for the current one.</param>
    public static LostProgram? TryOpen(IReuseportBackend backend, KernelGroupKey key, Attachment attachment, INetworkNamespace? place)
    {
        IBackendProgram? program = null;
        IReadOnlyList<IBackendMap> maps = [];
        LostProgram? found = null;
        try
        {
            program = attachment.State == AttachmentState.Program ? backend.OpenProgram(attachment.ProgramId) : null;
            maps = program is null ? [] : backend.OpenMaps(program);
            if (maps.Where(map => IsSeats(map.Spec)).ToArray() is [{ } seats])
            {
                int[] taken = [.. Enumerable.Range(0, KernelGroup.SeatCapacity).Where(slot => KernelGroup.CookieAt(seats, slot) != 0)];
                HashSet<ulong> members = [.. backend.FindSockets(new SocketQuery(key.Protocol, key.Port, key.Address, Namespace: place, WithOwners: false))
                    .Where(socket => KernelGroupKey.Of(socket) == key).Select(socket => socket.Cookie)];
                if (taken.Length > 0 && taken.All(slot => members.Contains(KernelGroup.CookieAt(seats, slot))))
                {
                    found = new LostProgram(key, program!, seats, [.. maps.Where(map => map != seats)], taken[^1] + 1);
                }
            }

            return found;
        }
        catch (BackendException exception) when (exception.Errno is Errno.EPERM or Errno.EACCES)
        {
            return null;
        }
        finally
        {
            if (found is null)
            {
                program?.Dispose();
                foreach (IBackendMap map in maps)
                {
                    map.Dispose();
                }
            }
        }
    }

    private static bool IsSeats(MapSpec spec) =>
        (spec.Name, spec.Type, spec.KeySize, spec.ValueSize, spec.MaxEntries)
        == (KernelGroup.SeatsSpec.Name, KernelGroup.SeatsSpec.Type, KernelGroup.SeatsSpec.KeySize, KernelGroup.SeatsSpec.ValueSize, KernelGroup.SeatsSpec.MaxEntries);

    /// <summary>The refusal to take its place unasked.</summary>
    public DiagnosticException Refusal(string group) => new(Diagnostic.Error(
        GroupCodes.LostPins,
        string.Create(CultureInfo.InvariantCulture, $"{_key} for group '{group}' has program {Program.Id} '{Program.Name}' (tag {Program.Tag}), which this project attached; its pins are gone, and it decides on."),
        remedy: $"With -Recover group '{group}' is made of it again: nothing moves, and it decides until Set-SteeringPolicy puts a policy in its place."));

    /// <summary>The refusal to take up what somebody else has still.</summary>
    public DiagnosticException HeldRefusal(string group, string holder) => new(Diagnostic.Error(
        GroupCodes.ForeignProgram,
        string.Create(CultureInfo.InvariantCulture, $"{_key} for group '{group}' has program {Program.Id} (tag {Program.Tag}), which this project attached, and {holder} holds it."),
        remedy: "Change that group where it is: in the pin directory that it has (REUSEPORTPS_BPFFS), or in the process whose sockets they are. -Force takes it up all the same."));

    /// <summary>The group has program and seats from now on.</summary>
    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (!_isKept)
        {
            Program.Dispose();
            Seats.Dispose();
        }

        foreach (IBackendMap map in Maps)
        {
            map.Dispose();
        }
    }
}
