using System.Globalization;
using System.Text;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Formatting;

/// <summary>A comparison as its format view shows it.</summary>
public static class ComparisonText
{
    private const int MostRows = 32;

    /// <summary>Several lines: how much moves, from where to where, what breaks, whose it is.</summary>
    public static string Of(SteeringComparison comparison)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"'{comparison.Before}' -> '{comparison.After}' over {comparison.Trace}:\n");
        text.Append(CultureInfo.InvariantCulture, $"{comparison.FlowsMoved} of {comparison.Flows} flows move ({Bar.Percent(comparison.FlowShareMoved)}), ");
        text.Append(CultureInfo.InvariantCulture, $"{comparison.PacketsMoved} of {comparison.Packets} packets ({Bar.Percent(comparison.PacketShareMoved)}).\n");
        if (comparison.FlowsUncertain > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Of {comparison.FlowsUncertain} flows the kernel chooses the member, and it is not known which.\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{"From",-14} {"To",-14} {"Flows",9} {"Packets",10}\n");
        foreach (FlowMove move in comparison.Moves.Where(move => move.Effect != MoveEffect.Stays).OrderByDescending(move => move.Flows).Take(MostRows))
        {
            double? share = comparison.Flows == 0 ? null : (double)move.Flows / comparison.Flows;
            text.Append(string.Create(
                CultureInfo.InvariantCulture, $"{move.From,-14} {move.To,-14} {move.Flows,9} {move.Packets,10} {Bar.Of(share)}").TrimEnd()).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{"Established",-12} {"Flows",9} {"Elsewhere",10} {"Unknown",9} {"Break",9}\n");
        foreach (ProtocolImpact impact in comparison.Protocols)
        {
            string note = impact is { Protocol: "Tcp", Moving: > 0 } ? "  new connections only" : "";
            text.Append(CultureInfo.InvariantCulture, $"{impact.Protocol,-12} {impact.Flows,9} {impact.Moving,10} {impact.Uncertain,9} {impact.Breaking,9}{note}\n");
        }

        if (comparison.FlowsWithoutSyn > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{comparison.FlowsWithoutSyn} TCP flows have no SYN in the trace; they are not decided again.\n");
        }

        if (!comparison.TopSources.IsEmpty)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{"Top moved sources",-40} {"Flows",9} {"Packets",10}\n");
            foreach (MovedSource source in comparison.TopSources.Take(5))
            {
                text.Append(CultureInfo.InvariantCulture, $"{source.Address,-40} {source.Flows,9} {source.Packets,10}\n");
            }
        }

        return text.ToString().TrimEnd('\n');
    }
}
