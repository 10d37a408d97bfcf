namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What the pins of a group say about it: the frozen map <c>state</c>, and over it the last of the <see cref="GroupEdits"/> that belong to it.</summary>
/// <param name="Id">Id of the map <c>state</c>.</param>
/// <param name="Whole">What it says.</param>
/// <param name="State">The same with the edit.</param>
/// <param name="Number">Number of the edit; 0 without one.</param>
/// <param name="Text">Its text.</param>
/// <param name="Room">Bytes of text that an edit may have; 0 where there is no map for it (layouts 1 and 2).</param>
internal sealed record PinnedState(uint Id, GroupState Whole, GroupState State, ulong Number, byte[] Text, int Room)
{
    public const string Pin = "state";

    /// <summary>Reads what is pinned now; null when the state has no pin.</summary>
    /// <param name="group">The name of the group, for messages.</param>
    /// <param name="folder">Its pins.</param>
    /// <param name="known">What was read before: returned when nothing is new.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The state is damaged, or of a layout to come.</exception>
    public static PinnedState? Read(string group, IPinFolder folder, PinnedState? known = null)
    {
        while (true)
        {
            using IBackendMap? map = folder.OpenMap(Pin);
            if (map is null)
            {
                return null;
            }

            GroupState whole = known?.Id == map.Id ? known.Whole : GroupState.Read(group, map);
            PinnedState read = Edited(new PinnedState(map.Id, whole, whole, 0, [], 0), folder);
            if (read.Number == 0)
            {
                // Its edits may have given way to those of the next state.
                using IBackendMap? again = folder.OpenMap(Pin);
                if (again?.Id != map.Id)
                {
                    continue;
                }
            }

            return known is not null && (read.Id, read.Number, read.Room) == (known.Id, known.Number, known.Room) && read.Text.AsSpan().SequenceEqual(known.Text) ? known : read;
        }
    }

    /// <summary>Whether a state can be written as an edit of this one, without a new map.</summary>
    public bool Takes(GroupState state) => TextOf(state) is not null;

    /// <summary>Writes a state: as an edit of the one that is pinned, where that can be, and otherwise in its place.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="folder">The pins.</param>
    /// <param name="known">What is pinned; null when nothing is.</param>
    /// <param name="state">The state.</param>
    public static PinnedState Write(IReuseportBackend backend, IPinFolder folder, PinnedState? known, GroupState state)
    {
        if (known?.TextOf(state) is byte[] text)
        {
            using IBackendMap? edits = folder.OpenMap(GroupEdits.Pin);
            if (edits is not null && text.Length <= GroupEdits.RoomOf(edits))
            {
                GroupEdits.Write(edits, known.Id, known.Number + 1, text);
                return known with { State = state, Number = known.Number + 1, Text = text };
            }
        }

        int room = MakeRoom(backend, folder, known, state);
        using IBackendMap map = backend.CreateMap(state.ToMap());
        folder.Pin(Pin, map);
        return new PinnedState(map.Id, state, state, 0, [], room);
    }

    private static PinnedState Edited(PinnedState state, IPinFolder folder)
    {
        using IBackendMap? edits = folder.OpenMap(GroupEdits.Pin);
        if (edits is null)
        {
            return state;
        }

        PinnedState read = state with { Room = GroupEdits.RoomOf(edits) };
        foreach ((ulong number, byte[] text) in GroupEdits.Read(edits, state.Id))
        {
            if (GroupEdit.Read(text)?.Over(state.Whole) is GroupState edited)
            {
                return read with { State = edited, Number = number, Text = text };
            }
        }

        return read;
    }

    /// <summary>The text of an edit; null when the state takes more than that.</summary>
    private byte[]? TextOf(GroupState state) =>
        Number < long.MaxValue && GroupEdit.Between(Whole, state)?.Write() is byte[] text && text.Length <= Room ? text : null;

    /// <summary>Has a map for edits of a state to come, which still says what it said of the present one.</summary>
    private static int MakeRoom(IReuseportBackend backend, IPinFolder folder, PinnedState? known, GroupState state)
    {
        if (known is not null && GroupEdits.HasRoomFor(state, known.Room))
        {
            return known.Room;
        }

        using IBackendMap edits = backend.CreateMap(GroupEdits.Spec(Math.Max(GroupEdits.RoomFor(state), known?.Text.Length ?? 0)));
        if (known?.Number > 0)
        {
            GroupEdits.Write(edits, known.Id, known.Number, known.Text);
        }

        folder.Pin(GroupEdits.Pin, edits);
        return GroupEdits.RoomOf(edits);
    }
}
