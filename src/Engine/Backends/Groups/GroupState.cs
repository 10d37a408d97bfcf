using System.Collections.Immutable;
using System.Text.Json;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What a group's pins say about it: the value of the pinned, frozen map <c>state</c>, as UTF-8 JSON padded with zeros. <see cref="PinnedState"/> reads and writes it.</summary>
internal sealed record GroupState
{
    /// <summary>Layout of the pins. A shell that finds a higher number refuses to touch the group. Layout 1 is without versions and without <see cref="Former"/>, and is read as that; layouts 1 and 2 are without <see cref="GroupEdits"/> and pins of <see cref="InnerMaps"/>.</summary>
    public const int CurrentLayout = 3;

    public int Layout { get; init; } = CurrentLayout;

    public required int SlotCount { get; init; }

    /// <summary>Number in the names of the policy's pins; each new program takes the next.</summary>
    public int Generation { get; init; }

    /// <summary>Policy as text, or null when none is applied.</summary>
    public string? Policy { get; init; }

    /// <summary>Fingerprint of the compiled program, to notice that another version of the compiler made it.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The program that is applied in the place of a policy, or null.</summary>
    public AppliedProgram? Program { get; init; }

    /// <summary>Epoch of the policy's data: a live one of the other bank was stored by a shell that ended before it wrote this state.</summary>
    public uint Epoch { get; init; }

    /// <summary>Slots that are not active, or whose seats have changed hands; null when there is none.</summary>
    public SlotMark[]? Slots { get; init; }

    /// <summary>Number of the policy among those applied to the group; 0 where that was not kept.</summary>
    public int Version { get; init; }

    /// <summary>When the policy was applied.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The policies before it, the oldest first; null when there is none.</summary>
    public PolicyVersion[]? History { get; init; }

    /// <summary>What the group returns to at the deadline, which is in a map of its own; null when the policy stays.</summary>
    public SideState? Former { get; init; }

    public required ImmutableArray<KernelGroupState> KernelGroups { get; init; }

    /// <summary>The policy, or what is in its place.</summary>
    public SideState ToSide() => new()
    {
        Generation = Generation,
        HasPrograms = KernelGroups.Any(group => group.ProgramId != 0),
        Policy = Policy,
        Version = Version,
        Since = Since,
        Fingerprint = Fingerprint,
        Program = Program,
        Epoch = Epoch,
    };

    public SlotStates ToStates() => (Slots ?? []).Aggregate(SlotStates.AllActive, (states, mark) => states.With(mark.Slot, mark.State) with
    {
        Generations = states.Generations.SetItem(mark.Slot, mark.Generation),
    });

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, GroupStateJson.Default.GroupState);

    public MapSpec ToMap()
    {
        byte[] json = ToJson();
        return new MapSpec(PinnedState.Pin, MapType.Array, 4, json.Length, 1)
        {
            Contents = [new MapEntry([0, 0, 0, 0], [.. json])],
            Frozen = true,
        };
    }

    public static GroupState Read(string group, IBackendMap map)
    {
        byte[] value = map.Lookup([0, 0, 0, 0]) ?? [];
        GroupState? state = null;
        try
        {
            state = JsonSerializer.Deserialize(value.AsSpan().TrimEnd((byte)0), GroupStateJson.Default.GroupState);
        }
        catch (JsonException)
        {
            // Reported below: a damaged value and an absent one get the same answer.
        }

        if (state is null || state.KernelGroups.IsDefault)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.DamagedPins, $"The state pinned for group '{group}' cannot be read.",
                remedy: "Remove the group with Remove-ReuseportGroup and adopt the server again."));
        }

        if (state.Layout is < 1 or > CurrentLayout)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.UnknownLayout,
                $"Group '{group}' was pinned with layout {state.Layout}; this version knows the layouts up to {CurrentLayout}.",
                remedy: "Use the module version that made the group, or remove the group with it and adopt the server again."));
        }

        return state;
    }
}
