using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>What became of a flow on one host.</summary>
/// <param name="Group">The group whose member got it, in words; null when nobody did.</param>
/// <param name="Slot">Slot of the member; -1 for a group as a whole, a counter, a sample.</param>
/// <param name="Errno">Why it could not be sent, or that TCP got no answer (ETIMEDOUT).</param>
public sealed record TrialVerdict(string? Group, int Slot = -1, Errno Errno = Errno.None)
{
    /// <summary>Nobody got it: UDP says port unreachable or nothing, TCP says RST.</summary>
    internal static readonly TrialVerdict Nobody = new(Group: null);

    /// <summary>Whether the flow was sent.</summary>
    public bool WasSent => Errno is Errno.None or Errno.ETIMEDOUT;

    /// <summary>The verdict as <c>slot 3 of udp 0.0.0.0:53</c>, <c>nobody</c>, <c>EADDRINUSE</c>.</summary>
    public override string ToString() => Errno != Errno.None ? Errno.ToString()
        : Group is null ? "nobody"
        : Slot < 0 ? Group
        : string.Create(CultureInfo.InvariantCulture, $"slot {Slot} of {Group}");
}
