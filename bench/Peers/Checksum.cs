namespace ReuseportPS.Bench.Peers;

/// <summary>The sum over what each packet was given that peer.h computes too (FNV-1a over words).</summary>
internal static class Checksum
{
    public static ulong Of(ReadOnlySpan<int> slots, ReadOnlySpan<ulong> returned)
    {
        ulong sum = 0xcbf29ce484222325;
        for (int i = 0; i < slots.Length; i++)
        {
            sum = (((sum ^ (uint)slots[i]) * 0x100000001b3) ^ (uint)returned[i]) * 0x100000001b3;
        }

        return sum;
    }
}
