using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// <c>fraction:</c> a stable share of flows, by a hash of the four-tuple whose seed comes from the rule's name, so that it is independent of every
/// balancer's and of every other rule's.
/// </summary>
/// <param name="Millionths">The share in parts per million, 1 to 999,999.</param>
public readonly record struct FlowFraction(int Millionths)
{
    /// <summary>Parts of a whole.</summary>
    public const int Whole = 1_000_000;

    /// <summary>A flow is in the share when its hash is below this.</summary>
    public uint Threshold => (uint)((ulong)Millionths * (1UL << 32) / Whole);

    /// <summary>Whether a flow is in the share of a rule.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="seed"><see cref="SeedOf"/> the rule's name.</param>
    public bool Contains(in FlowKey flow, uint seed) => FlowHash.Compute(flow, HashKey.FourTuple, seed) < Threshold;

    /// <summary>The seed of a rule: the hash of its name's UTF-8 bytes as little-endian words, the last filled with zeros, with a seed of its own.</summary>
    public static uint SeedOf(string ruleName)
    {
        const uint OwnSeed = 0x66726163; // "frac"
        byte[] bytes = Encoding.UTF8.GetBytes(ruleName);
        uint[] words = new uint[(bytes.Length + 3) / 4];
        for (int i = 0; i < bytes.Length; i++)
        {
            words[i / 4] |= (uint)bytes[i] << (8 * (i % 4));
        }

        return FlowHash.Compute(words, OwnSeed);
    }

    /// <summary>Reads <c>5%</c>, <c>0.25%</c>: above 0 and below 100, at most four decimals.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fraction">The fraction.</param>
    /// <param name="problem">Why not, without a place; null on success.</param>
    public static bool TryParse(string text, out FlowFraction fraction, out Diagnostic? problem)
    {
        fraction = default;
        problem = null;
        bool isNumber = text.Length > 1 && text[^1] == '%' &&
            decimal.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent) &&
            percent is > 0 and < 100 && decimal.Truncate(percent * 10_000) == percent * 10_000 &&
            (fraction = new FlowFraction((int)(percent * 10_000))).Millionths > 0;
        if (!isNumber)
        {
            problem = PolicyDiagnostics.BadMatchValue.At(null, $"'{text}' is not a fraction.", "Write percent above 0 and below 100 with at most four decimals, for example 5% or 0.25%.");
        }

        return isNumber;
    }

    /// <summary>The fraction as it is written in a policy.</summary>
    public override string ToString() => ((decimal)Millionths / 10_000).ToString("0.####", CultureInfo.InvariantCulture) + "%";
}
