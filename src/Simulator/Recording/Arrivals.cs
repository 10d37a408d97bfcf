namespace ReuseportPS.Simulator.Recording;

/// <summary>How generated packets follow each other in time.</summary>
public enum Arrivals
{
    /// <summary>At equal distances.</summary>
    Constant,

    /// <summary>At exponentially distributed distances: independent senders.</summary>
    Poisson,
}
