using System.Text.Json;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What changes of data have made of a <see cref="GroupState"/> since it was pinned: an entry of <see cref="GroupEdits"/>, as UTF-8 JSON. What cannot be said so takes a new state.</summary>
internal sealed record GroupEdit
{
    /// <summary>Epoch of the policy's data.</summary>
    public uint Epoch { get; init; }

    /// <summary>Epoch of the data of the policy that the group may return to.</summary>
    public uint FormerEpoch { get; init; }

    /// <summary>The policy as text; null where it is the one of the state.</summary>
    public string? Policy { get; init; }

    /// <summary>As <see cref="GroupState.Fingerprint"/>.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>As <see cref="GroupState.Slots"/>.</summary>
    public SlotMark[]? Slots { get; init; }

    /// <summary>As <see cref="GroupState.Version"/>.</summary>
    public int Version { get; init; }

    /// <summary>As <see cref="GroupState.Since"/>.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>As <see cref="GroupState.History"/>, but that policies which the state has too are numbers alone.</summary>
    public EditedVersion[]? History { get; init; }

    /// <summary>What leads from one state to another; null when they differ in more than an edit can say.</summary>
    public static GroupEdit? Between(GroupState before, GroupState after)
    {
        if ((before.Policy is null) != (after.Policy is null) || !Bare(before).ToJson().AsSpan().SequenceEqual(Bare(after).ToJson()))
        {
            return null;
        }

        PolicyVersion[] known = Known(before);
        return new GroupEdit
        {
            Epoch = after.Epoch,
            FormerEpoch = after.Former?.Epoch ?? 0,
            Policy = after.Policy == before.Policy ? null : after.Policy,
            Fingerprint = after.Fingerprint,
            Slots = after.Slots,
            Version = after.Version,
            Since = after.Since,
            History = after.History?.Select(version => known.Contains(version) ? new EditedVersion(version.Number) : new EditedVersion(version.Number, version.Since, version.Text)).ToArray(),
        };
    }

    /// <summary>The edit of a text; null when it is none.</summary>
    public static GroupEdit? Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, GroupStateJson.Default.GroupEdit);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, GroupStateJson.Default.GroupEdit);

    /// <summary>The state with the edit; null when it is of another state.</summary>
    public GroupState? Over(GroupState state)
    {
        PolicyVersion[] known = Known(state);
        PolicyVersion?[]? history = History?.Select(version => version?.Text is string text
            ? new PolicyVersion(version.Number, version.Since, text)
            : known.FirstOrDefault(one => one.Number == version?.Number)).ToArray();
        return (Policy is not null && state.Policy is null) || Slots?.Contains(null!) == true || history?.Contains(null) == true
            ? null
            : state with
            {
                Epoch = Epoch,
                Former = state.Former is null ? null : state.Former with { Epoch = FormerEpoch },
                Policy = Policy ?? state.Policy,
                Fingerprint = Fingerprint,
                Slots = Slots,
                Version = Version,
                Since = Since,
                History = history!,
            };
    }

    /// <summary>What an edit does not say of a state.</summary>
    private static GroupState Bare(GroupState state) => state with
    {
        Epoch = 0,
        Former = state.Former is null ? null : state.Former with { Epoch = 0 },
        Policy = null,
        Fingerprint = null,
        Slots = null,
        Version = 0,
        Since = null,
        History = null,
    };

    /// <summary>The policies that a state knows: those before its own, and its own.</summary>
    private static PolicyVersion[] Known(GroupState state) =>
        [.. state.History ?? [], .. state.Policy is null ? (PolicyVersion[])[] : [new PolicyVersion(state.Version, state.Since, state.Policy)]];
}
