using System.Diagnostics.CodeAnalysis;

namespace ReuseportPS.Bench.Peers;

/// <summary>Nanoseconds by program and engine.</summary>
internal sealed class Measurements
{
    private readonly Dictionary<(string Program, string Engine), List<double>> _samples = [];
    private readonly Dictionary<(string Program, string Family), string> _refusals = [];

    public void Add(string program, string engine, double nanoseconds)
    {
        if (!_samples.TryGetValue((program, engine), out List<double>? samples))
        {
            _samples[(program, engine)] = samples = [];
        }

        samples.Add(nanoseconds);
    }

    public void Refuse(string program, string family, string problem) => _refusals[(program, family)] = problem;

    public bool IsRefused(string program, string family, [NotNullWhen(true)] out string? problem) => _refusals.TryGetValue((program, family), out problem);

    /// <summary>Median of the samples; null where there is none.</summary>
    public double? Median(string program, string engine)
    {
        if (!_samples.TryGetValue((program, engine), out List<double>? samples))
        {
            return null;
        }

        double[] sorted = [.. samples.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Median of the ratios of samples taken in the same round; with something taken off, the ratio of medians, and null when nothing is left to divide by.</summary>
    /// <param name="program">The program.</param>
    /// <param name="engine">Whose figure is divided.</param>
    /// <param name="peer">By whose.</param>
    /// <param name="peerNet">Program whose median is taken off the peer's figure.</param>
    public double? Ratio(string program, string engine, string peer, string? peerNet = null)
    {
        if (!_samples.TryGetValue((program, engine), out List<double>? own) || !_samples.TryGetValue((program, peer), out List<double>? other))
        {
            return null;
        }

        if (peerNet is not null)
        {
            double? net = Median(program, peer) - Median(peerNet, peer);
            return net > 0 ? Median(program, engine) / net : null;
        }

        double[] ratios = [.. own.Zip(other, (a, b) => a / b).Order()];
        return ratios[ratios.Length / 2];
    }
}
