namespace ReuseportPS.Model;

/// <summary>What Get-SteeringCounter writes.</summary>
public enum SteeringCounterFormat
{
    /// <summary>An object for each counter.</summary>
    Object,

    /// <summary>One text in the exposition format of Prometheus.</summary>
    Prometheus,
}
