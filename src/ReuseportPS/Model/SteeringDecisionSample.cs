using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>One decision of a program, as it reported it: every Nth of each CPU.</summary>
public sealed record SteeringDecisionSample
{
    private readonly DecisionSample _sample;

    internal SteeringDecisionSample(string group, BackendKind backend, SteeringPolicy policy, DecisionSample sample)
    {
        _sample = sample;
        Group = group;
        Backend = backend;
        Policy = policy.Name;
        Rule = sample.Rule >= 0 ? policy.RuleName(sample.Rule) : null;
    }

    /// <summary>Name of the group.</summary>
    public string Group { get; }

    /// <summary>Where the group lives.</summary>
    public BackendKind Backend { get; }

    /// <summary>Name of the policy.</summary>
    public string Policy { get; }

    /// <summary>When it was decided, on CLOCK_MONOTONIC: the time since the host was started, sleep not counted.</summary>
    public TimeSpan Time => TimeSpan.FromTicks((long)(_sample.Time / TimeSpan.NanosecondsPerTick));

    /// <summary>The five-tuple.</summary>
    public FlowKey Flow => _sample.Flow;

    /// <summary>TCP or UDP.</summary>
    public TransportProtocol Protocol => Flow.Protocol;

    /// <summary>Address that the packet is from; null where the program did not read it, for a protocol that is not covered.</summary>
    public IPAddress? Source => IsRead ? Flow.SourceEndPoint.Address : null;

    /// <summary>Port that the packet is from.</summary>
    public int? SourcePort => IsRead ? Flow.SourcePort : null;

    /// <summary>Address that the packet is for.</summary>
    public IPAddress? Destination => IsRead ? Flow.DestinationEndPoint.Address : null;

    /// <summary>Port that the packet is for.</summary>
    public int? DestinationPort => IsRead ? Flow.DestinationPort : null;

    /// <summary>The rule that matched; null when none did.</summary>
    public string? Rule { get; }

    /// <summary>What decided: a rule, otherwise, or that nothing did.</summary>
    public CounterKind Basis => _sample.Rule switch
    {
        >= 0 => CounterKind.Rule,
        -1 => CounterKind.Otherwise,
        -2 => CounterKind.NotCovered,
        _ => CounterKind.Unreadable,
    };

    /// <summary>What happened.</summary>
    public PolicyVerdict Verdict => _sample.Verdict;

    /// <summary>The slot; null without one.</summary>
    public int? Slot => _sample.Slot < 0 ? null : _sample.Slot;

    /// <summary>The epoch of the data that it was decided by.</summary>
    public uint Epoch => _sample.Epoch;

    /// <summary>Bytes of transport header and payload, of a train of datagrams those of all; 0 for a connection whose listener stopped.</summary>
    public long Length => _sample.Length;

    /// <summary>What bpf_sk_select_reuseport last answered when a seat could not be selected; null when every try was a hit.</summary>
    public Errno? Error => _sample.Error == Errno.None ? null : _sample.Error;

    /// <summary>The decision in words.</summary>
    public string Reason
    {
        get
        {
            string basis = Basis switch
            {
                CounterKind.Rule => $"rule '{Rule}'",
                CounterKind.Otherwise => "otherwise",
                CounterKind.NotCovered => "protocol not covered",
                _ => "addresses or ports not readable",
            };
            string end = Verdict switch
            {
                PolicyVerdict.Slot => string.Create(CultureInfo.InvariantCulture, $"slot {Slot}"),
                PolicyVerdict.Kernel => "the kernel's own choice",
                _ => "rejected",
            };
            return Error is Errno error ? $"{basis}: {end}, after {error}" : $"{basis}: {end}";
        }
    }

    private bool IsRead => Flow.SourcePort != 0 || Flow.DestinationPort != 0 || Flow.Destination != 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Flow}: {Reason}";
}
