using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary><c>tcp-flags:</c> which flags of a TCP header must be set, and which clear.</summary>
/// <param name="Set">Flags that must be set, as in byte 13 of the header (RFC 9293 §3.1).</param>
/// <param name="Mask">Flags that are looked at, <paramref name="Set"/> among them: those not in it must be clear.</param>
public readonly record struct TcpFlagsTest(byte Set, byte Mask)
{
    /// <summary>What a SYN that opens a connection has: SYN without ACK, RST and FIN.</summary>
    public static TcpFlagsTest PureSyn { get; } = new(0x02, 0x17);

    private static readonly string[] s_names = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

    /// <summary>The names of the flags, by bit.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>Whether flags pass.</summary>
    public bool Matches(byte flags) => (flags & Mask) == Set;

    /// <summary>Reads <c>syn</c>, <c>syn+ack</c>, <c>syn/syn+ack</c> (of both only SYN), <c>none/syn+rst</c> (neither).</summary>
    /// <param name="text">The text.</param>
    /// <param name="test">The test.</param>
    /// <param name="problem">Why not, without a place; null on success.</param>
    public static bool TryParse(string text, out TcpFlagsTest test, out Diagnostic? problem)
    {
        test = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string setText = slash < 0 ? text : text[..slash];
        if (!TryParseFlags(setText, mayBeNone: slash >= 0, out byte set, out string reason))
        {
            return Refuse(text, reason, out problem);
        }

        byte mask = set;
        if (slash >= 0 && !TryParseFlags(text[(slash + 1)..], mayBeNone: false, out mask, out reason))
        {
            return Refuse(text, reason, out problem);
        }

        if ((set & ~mask) != 0)
        {
            return Refuse(text, "a flag that must be set is not among those that are looked at", out problem);
        }

        test = new TcpFlagsTest(set, mask);
        problem = null;
        return true;
    }

    /// <summary>The test as it is written in a policy.</summary>
    public override string ToString() => Set == Mask ? Text(Set) : $"{Text(Set)}/{Text(Mask)}";

    private static string Text(byte flags) => flags == 0 ? "none" : string.Join('+', s_names.Where((_, bit) => (flags & (1 << bit)) != 0));

    private static bool TryParseFlags(string text, bool mayBeNone, out byte flags, out string reason)
    {
        flags = 0;
        reason = "";
        if (mayBeNone && text == "none")
        {
            return true;
        }

        foreach (string name in text.Split('+'))
        {
            int bit = Array.IndexOf(s_names, name);
            if (bit < 0)
            {
                reason = $"'{name}' is no flag; there are {string.Join(", ", s_names)}";
                return false;
            }

            flags |= (byte)(1 << bit);
        }

        return true;
    }

    private static bool Refuse(string text, string reason, out Diagnostic? problem)
    {
        problem = PolicyDiagnostics.BadMatchValue.At(
            null, $"'{text}' is no test of TCP flags: {reason}.", "Write flags joined by '+', and after '/' those that are looked at: syn, syn+ack, syn/syn+ack.");
        return false;
    }
}
