using System.Text.Json.Serialization;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A slot in <see cref="GroupState"/>.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="State">What it is meant for.</param>
/// <param name="Generation">Whose turn in the seat it is, from 1 on.</param>
internal sealed record SlotMark(int Slot, [property: JsonConverter(typeof(JsonStringEnumConverter<SlotState>))] SlotState State, uint Generation)
{
    /// <summary>The slots of a group about which there is something to say; null for none.</summary>
    public static SlotMark[]? Of(SlotStates states, int slotCount)
    {
        SlotMark[] marks =
        [
            .. Enumerable.Range(0, slotCount).Select(slot => new SlotMark(slot, states[slot], states.GenerationOf(slot)))
                .Where(mark => mark.State != SlotState.Active || mark.Generation > 1),
        ];
        return marks.Length == 0 ? null : marks;
    }
}
