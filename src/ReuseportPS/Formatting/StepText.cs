using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Execution.Tracing;

namespace ReuseportPS.Formatting;

/// <summary>What an executed instruction did, on one line.</summary>
internal static class StepText
{
    private const int MostBytes = 16;

    /// <summary>Calls with arguments and result, memory, changed registers.</summary>
    public static string Of(TraceStep step)
    {
        List<string> effects = [];
        if (step.Call is TracedCall call)
        {
            effects.Add(OfCall(call));
        }

        effects.AddRange(step.Memory.Select(OfAccess));
        if (step.BranchTaken is bool taken)
        {
            effects.Add(taken ? "jumps" : "goes on");
        }

        if (step.TailCall is string program)
        {
            effects.Add($"goes on in '{program}'");
        }

        // A call leaves its result in r0, which is told already, and what it finds in r1 to r5 is nobody's.
        for (int register = step.Call is null ? 0 : 6; register < step.After.Length; register++)
        {
            if (step.Before[register] != step.After[register])
            {
                effects.Add(string.Create(CultureInfo.InvariantCulture, $"r{register} = {Number(step.After[register])}"));
            }
        }

        return string.Join("; ", effects);
    }

    private static string OfCall(TracedCall call)
    {
        StringBuilder text = new();
        text.Append(call.Name).Append('(').AppendJoin(", ", call.Arguments.Select(Number)).Append(')');
        text.Append(call.Result is ulong result ? " = " + Number(result) : "");
        text.Append(call.Map is null ? "" : $" on '{call.Map}'");
        text.Append(call.Key.IsDefaultOrEmpty ? "" : " key " + Bytes(call.Key.AsSpan()));
        return text.ToString();
    }

    private static string OfAccess(MemoryAccess access) =>
        access.Region is null ? string.Create(CultureInfo.InvariantCulture, $"{access.Size} bytes at 0x{access.Address:x}: not the program's")
        : string.Create(CultureInfo.InvariantCulture, $"{access.Region}+{(uint)access.Address}: {Bytes(access.Before.AsSpan())}")
            + (access.IsWrite ? " -> " + Bytes(access.After.AsSpan()) : "");

    // Addresses and big numbers in hexadecimal; small negative ones as what they mean.
    private static string Number(ulong value) => (long)value is >= -4096 and < 65536 and long small
        ? small.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string Bytes(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, MostBytes)]) + (bytes.Length > MostBytes ? "…" : "");
}
