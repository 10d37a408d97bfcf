using System.Text.Json.Serialization;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What one slot gets.</summary>
/// <param name="Slot">Number of the slot.</param>
/// <param name="Label">What it is called.</param>
/// <param name="IsOccupied">Whether its seat held a member.</param>
/// <param name="Traffic">What it gets.</param>
public sealed record SlotMeasurement(int Slot, string Label, bool IsOccupied, TrafficCount Traffic)
{
    /// <summary>Packets of its busiest second, or of its busiest stretch where <see cref="SteeringMeasurement.Series"/> has longer ones.</summary>
    public long Peak { get; init; }

    /// <summary>The part of the flows in slots that the rules mean for it, by the flows that each rule took; null when a rule leaves it open.</summary>
    public double? IntendedShare { get; init; }

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
