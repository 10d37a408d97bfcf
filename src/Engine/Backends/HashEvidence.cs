using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>
/// What a host lets be seen of its socket hashes in one network namespace. Its secrets can be computed from it, so nothing of it is a property:
/// no formatter and no serializer shows it.
/// </summary>
public sealed class HashEvidence
{
    private readonly ImmutableArray<ObservedHash> _observations;
    private readonly Func<TransportProtocol, IpFamily, ImmutableArray<uint>> _words;
    private readonly uint? _mix;

    /// <summary>Takes the evidence.</summary>
    /// <param name="observations">Hashes of some flows of each protocol and family that can be used.</param>
    /// <param name="words">For a protocol and family words of which one is the seed of its hash, and for IPv6 another that of its address; empty when they cannot be read.</param>
    /// <param name="mix">The namespace's mix, or null when it cannot be read.</param>
    public HashEvidence(ImmutableArray<ObservedHash> observations, Func<TransportProtocol, IpFamily, ImmutableArray<uint>> words, uint? mix) =>
        (_observations, _words, _mix) = (observations, words, mix);

    /// <summary>The hashes of a protocol and family.</summary>
    public ImmutableArray<ObservedHash> GetObservations(TransportProtocol protocol, IpFamily family) =>
        [.. _observations.Where(observed => observed.Flow.Protocol == protocol && observed.Flow.Family == family)];

    /// <summary>Words of which one or two are the secrets of a protocol and family.</summary>
    public ImmutableArray<uint> GetWords(TransportProtocol protocol, IpFamily family) => _words(protocol, family);

    /// <summary>The namespace's mix, or null.</summary>
    public uint? GetMix() => _mix;
}
