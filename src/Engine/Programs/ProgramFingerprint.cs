using System.Security.Cryptography;
using System.Text;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>A hash over everything that makes two programs the same: type, code, and the shape of the maps (not their contents).</summary>
public static class ProgramFingerprint
{
    /// <summary>SHA-256 in lower-case hex.</summary>
    public static string Of(ProgramSpec program)
    {
        StringBuilder text = new();
        text.Append((int)program.Type).Append(',').Append((int)program.ExpectedAttachType).Append('\n');
        foreach (Instruction instruction in program.Instructions)
        {
            text.Append(instruction).Append('\n');
        }

        foreach (string name in program.KernelFunctions)
        {
            text.Append(name).Append('\n');
        }

        foreach (MapSpec map in program.Maps)
        {
            Append(text, map);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Append(StringBuilder text, MapSpec map)
    {
        for (MapSpec? level = map; level is not null; level = level.Inner)
        {
            text.Append(level with { Inner = null, Contents = [], Btf = null }).Append('\n');
        }
    }
}
