using System.Runtime.Intrinsics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Linux.Tests.Model;

/// <summary>
/// Finds the secret word of the kernel's IPv4 socket hash (jhash_3words) by trying all of them: two hashes of known flows leave one. Only so can a
/// simulator be told to choose as this very host does.
/// </summary>
internal static class HashWord
{
    /// <summary>Three words that went into a hash, and what came out.</summary>
    internal readonly record struct Sample(uint X, uint Y, uint Z, uint Hash);

    public static uint Find(IReadOnlyList<Sample> samples)
    {
        uint? found = null;
        const int Parts = 256;
        const uint PartLength = 1u << 24;
        Parallel.For(0, Parts, (part, state) =>
        {
            uint first = (uint)part * PartLength;
            Sample sample = samples[0];
            Vector256<uint> word = Vector256.Create(first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7);
            Vector256<uint> wanted = Vector256.Create(sample.Hash);
            for (uint i = 0; i < PartLength && !state.IsStopped; i += 8, word += Vector256.Create(8u))
            {
                Vector256<uint> start = word + Vector256.Create(JenkinsHash.InitialValue + 12);
                Vector256<uint> equal = Vector256.Equals(Finish(start + Vector256.Create(sample.X), start + Vector256.Create(sample.Y), start + Vector256.Create(sample.Z)), wanted);
                if (equal == Vector256<uint>.Zero)
                {
                    continue;
                }

                for (uint lane = 0; lane < 8; lane++)
                {
                    uint candidate = first + i + lane;
                    if (samples.All(one => JenkinsHash.OfThree(one.X, one.Y, one.Z, candidate) == one.Hash))
                    {
                        found = candidate;
                        state.Stop();
                    }
                }
            }
        });
        return found ?? throw new InvalidOperationException("No word gives these hashes: the kernel computes them in another way.");
    }

    private static Vector256<uint> Finish(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        c = (c ^ b) - Rotate(b, 14);
        a = (a ^ c) - Rotate(c, 11);
        b = (b ^ a) - Rotate(a, 25);
        c = (c ^ b) - Rotate(b, 16);
        a = (a ^ c) - Rotate(c, 4);
        b = (b ^ a) - Rotate(a, 14);
        return (c ^ b) - Rotate(b, 24);
    }

    private static Vector256<uint> Rotate(Vector256<uint> value, int count) => (value << count) | (value >>> (32 - count));
}
