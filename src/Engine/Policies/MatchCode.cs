using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>The tests of a match.</summary>
internal sealed class MatchCode(SteeringPolicy policy, PolicyCode code, BankPlan plan, PolicyMaps maps, PacketNeeds needs)
{
    /// <summary>Which IP versions a match can take: false when none; <paramref name="only"/> is the one it is confined to.</summary>
    /// <param name="match">The match.</param>
    /// <param name="within">The IP version that the packet is known to have.</param>
    /// <param name="only">The IP version, or null for both.</param>
    public static bool TryConfine(PolicyMatch match, IpFamily? within, out IpFamily? only)
    {
        only = null;
        bool ipv4 = within != IpFamily.V6 && Takes(match, IpFamily.V4);
        bool ipv6 = within != IpFamily.V4 && Takes(match, IpFamily.V6);
        if (ipv4 != ipv6)
        {
            only = ipv4 ? IpFamily.V4 : IpFamily.V6;
        }

        return ipv4 || ipv6;
    }

    /// <summary>Jumps to <paramref name="failed"/> unless the packet matches; no code at all for a match that takes every packet.</summary>
    /// <param name="match">The match.</param>
    /// <param name="within">The IP version that the packet is known to have.</param>
    /// <param name="family">The IP version it is confined to (<see cref="TryConfine"/>).</param>
    /// <param name="seed">Seed of the rule's fractions.</param>
    /// <param name="failed">Where to go otherwise.</param>
    public void Emit(PolicyMatch match, IpFamily? within, IpFamily? family, uint seed, Label failed)
    {
        if (family == IpFamily.V4 && within is null)
        {
            code.JumpUnlessIpv4(failed);
        }
        else if (family == IpFamily.V6 && within is null)
        {
            code.JumpIfIpv4(failed);
        }

        TransportProtocol? protocol = match.Protocol ?? (match.WantsPayload ? TransportProtocol.Udp : null);
        if (protocol is not null && policy.Protocol == PolicyProtocol.Any)
        {
            code.JumpUnlessProtocol((int)protocol, failed);
        }

        if (match.Migrating is bool migrating)
        {
            if (policy.Migrates)
            {
                code.TestMigrating(migrating, failed);
            }
            else if (migrating)
            {
                code.Jump(failed);
            }
        }

        if (match.TcpFlags.Count > 0)
        {
            code.TestTcpFlags(match.TcpFlags, failed);
        }

        EmitPorts(match.SourcePorts, Frame.Ports, failed);
        EmitPorts(match.DestinationPorts, Frame.Ports + 2, failed);
        EmitAddresses(match.Source, isSource: true, family, failed);
        EmitAddresses(match.Destination, isSource: false, family, failed);
        if (match.Lengths.Count > 0)
        {
            code.TestLength(match.Lengths, failed);
        }

        EmitBytes(match.Bytes, failed);
        if (match.Cpus.Count > 0)
        {
            code.TestHelper(HelperId.GetSmpProcessorId, match.Cpus, failed);
        }

        if (match.NumaNodes.Count > 0)
        {
            code.TestHelper(HelperId.GetNumaNodeId, match.NumaNodes, failed);
        }

        if (match.Fraction is FlowFraction fraction)
        {
            code.HashFlow(HashKey.FourTuple, seed, family, needs);
            code.Builder.JumpIf32(JumpOperation.GreaterOrEqual, Register.R9, (int)fraction.Threshold, failed);
        }

        foreach (PolicyMatch inner in match.Not)
        {
            if (TryConfine(inner, family, out IpFamily? confined))
            {
                Label passed = code.NewLabel("not");
                Emit(inner, family, confined, seed, passed);
                code.Jump(failed);
                code.Mark(passed);
            }
        }

        EmitAnyOf(match.AnyOf, family, seed, failed);
    }

    private void EmitAnyOf(EquatableArray<PolicyMatch> matches, IpFamily? family, uint seed, Label failed)
    {
        if (matches.Count == 0)
        {
            return;
        }

        Label matched = code.NewLabel("any of");
        foreach (PolicyMatch inner in matches)
        {
            if (TryConfine(inner, family, out IpFamily? confined))
            {
                Label next = code.NewLabel("next of any");
                Emit(inner, family, confined, seed, next);
                code.Jump(matched);
                code.Mark(next);
            }
        }

        code.Jump(failed);
        code.Mark(matched);
    }

    private void EmitBytes(EquatableArray<BytesTest> tests, Label failed)
    {
        Label matched = code.NewLabel("bytes");
        for (int i = 0; i < tests.Count; i++)
        {
            bool last = i == tests.Count - 1;
            Label next = last ? failed : code.NewLabel("next bytes");
            code.TestBytes(tests[i], matched, next);
            if (!last)
            {
                code.Mark(next);
            }
        }

        code.Mark(matched);
    }

    private void EmitPorts(EquatableArray<PortRange> ranges, short at, Label failed)
    {
        if (ranges.Count > 0 && !ranges.Items.Contains(new PortRange(0, ushort.MaxValue)))
        {
            if (plan.Tables.PortsFirst(ranges) is >= 0 and int first)
            {
                code.TestPortBit(first, at, failed);
            }
            else
            {
                code.TestPorts(ranges, at, failed);
            }
        }
    }

    private void EmitAddresses(AddressMatch match, bool isSource, IpFamily? family, Label failed)
    {
        if (match.IsAny)
        {
            return;
        }

        int[] lists = [.. plan.ListsOf(match)];
        ImmutableArray<AddressPrefix> compared = BankPlan.IsCompared(match) ? match.Prefixes.Items : [];
        PrefixSet ipv4 = PrefixSet.Of(compared, IpFamily.V4);
        PrefixSet ipv6 = PrefixSet.Of(compared, IpFamily.V6);
        if ((ipv4.TakesAll || family == IpFamily.V6) && (ipv6.TakesAll || family == IpFamily.V4))
        {
            return;
        }

        Label matched = code.NewLabel("address");
        Label uncompared = lists.Length > 0 ? code.NewLabel("lists") : failed;
        EmitCompared(ipv4, ipv6, isSource, family, new Outcome(matched, uncompared, FallsThroughOnMatch: lists.Length == 0));
        if (lists.Length > 0)
        {
            code.Mark(uncompared);
            EmitLists(lists, (short)((isSource ? Frame.Source : Frame.DestinationKey) - 8), matched, failed);
        }

        code.Mark(matched);
    }

    private void EmitLists(int[] lists, short key, Label matched, Label failed)
    {
        for (int i = 0; i < lists.Length - 1; i++)
        {
            Label next = code.NewLabel("next list");
            code.LoadInner(maps.Lists, plan.ListCount, lists[i], next);
            code.LookupIn(Register.R0, key);
            code.Builder.JumpIf(JumpOperation.NotEqual, Register.R0, 0, matched).Mark(next);
        }

        code.LoadInner(maps.Lists, plan.ListCount, lists[^1], failed);
        code.LookupIn(Register.R0, key);
        code.Builder.JumpIf(JumpOperation.Equal, Register.R0, 0, failed);
    }

    /// <summary>Compares the address with prefixes one by one. A match that is confined to one family has been tested for it.</summary>
    private void EmitCompared(PrefixSet ipv4, PrefixSet ipv6, bool isSource, IpFamily? family, Outcome outcome)
    {
        if (family == IpFamily.V4 || (family is null && ipv6.TakesAll))
        {
            if (family is null)
            {
                code.JumpUnlessIpv4(outcome.Matched);
            }

            EmitPrefixes(IpFamily.V4, ipv4, isSource, outcome);
        }
        else if (family == IpFamily.V6 || ipv4.TakesAll)
        {
            if (family is null)
            {
                code.JumpIfIpv4(outcome.Matched);
            }

            EmitPrefixes(IpFamily.V6, ipv6, isSource, outcome);
        }
        else if (ipv6.Items.IsEmpty)
        {
            if (!ipv4.Items.IsEmpty)
            {
                code.JumpUnlessIpv4(outcome.Failed);
                EmitPrefixes(IpFamily.V4, ipv4, isSource, outcome);
            }
        }
        else if (ipv4.Items.IsEmpty)
        {
            code.JumpIfIpv4(outcome.Failed);
            EmitPrefixes(IpFamily.V6, ipv6, isSource, outcome);
        }
        else
        {
            Label other = code.NewLabel("ipv6");
            code.JumpUnlessIpv4(other);
            EmitPrefixes(IpFamily.V4, ipv4, isSource, outcome with { FallsThroughOnMatch = false });
            code.Jump(outcome.Failed);
            code.Mark(other);
            EmitPrefixes(IpFamily.V6, ipv6, isSource, outcome);
        }
    }

    /// <summary>Falls through either when the last prefix matches (and else jumps), or when none does.</summary>
    private void EmitPrefixes(IpFamily family, PrefixSet prefixes, bool isSource, Outcome outcome)
    {
        short at = isSource ? Frame.Source : needs.DestinationAt(family);
        for (int i = 0; i < prefixes.Items.Length; i++)
        {
            bool fallsThrough = outcome.FallsThroughOnMatch && i == prefixes.Items.Length - 1;
            code.TestPrefix(prefixes.Items[i], at, fallsThrough ? null : outcome.Matched, outcome.Failed);
        }
    }

    private static bool Takes(PolicyMatch match, IpFamily family) =>
        (match.Family is null || match.Family == family) && Takes(match.Source, family) && Takes(match.Destination, family);

    // A long row of prefixes is a list in the program, and what is in a list is data.
    private static bool Takes(AddressMatch match, IpFamily family) =>
        match.IsAny || BankPlan.UsesLists(match) || match.Prefixes.Items.Any(p => p.Family == family);

    /// <summary>Where a comparison leads.</summary>
    private sealed record Outcome(Label Matched, Label Failed, bool FallsThroughOnMatch);

    /// <summary>The prefixes of one family among those compared one by one.</summary>
    private readonly record struct PrefixSet(ImmutableArray<AddressPrefix> Items, bool TakesAll)
    {
        public static PrefixSet Of(ImmutableArray<AddressPrefix> prefixes, IpFamily family)
        {
            ImmutableArray<AddressPrefix> items = [.. prefixes.Where(p => p.Family == family)];
            return items.Any(p => p.Length == 0) ? new PrefixSet([], true) : new PrefixSet(items, false);
        }
    }
}
