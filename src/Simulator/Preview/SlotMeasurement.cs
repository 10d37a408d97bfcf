using System.Text.Json.Serialization;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What one slot gets.</summary>
/// <param name="Slot">Number of the slot.</param>
/// <param name="Label">What it is called.</param>
/// <param name="IsOccupied">Whether its seat held a member.</param>
/// <param name="Traffic">What it gets.</param>
public sealed record SlotMeasurement(int Slot, string Label, bool IsOccupied, TrafficCount Traffic)
{
    /// <summary>Packets, for sorting and filtering in a pipeline.</summary>
    [JsonIgnore]
    public long Packets => Traffic.Packets;

    /// <summary>Flows, likewise.</summary>
    [JsonIgnore]
    public long Flows => Traffic.Flows;

    /// <summary>Share of the decided packets, likewise.</summary>
    [JsonIgnore]
    public double? Share => Traffic.PacketShare;
}
