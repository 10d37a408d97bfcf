using System.Globalization;
using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Tests.Policies;

/// <summary>The capabilities of the calling thread (capabilities(7)). What a thread drops it never gets back: give it a thread of its own.</summary>
internal static class ThreadCapabilities
{
    private const int Version3 = 0x20080522;
    private const int CapBpf = 39;

    public static bool HasBpf() => (Effective() & (1UL << CapBpf)) != 0;

    public static void KeepOnlyBpf()
    {
        int[] header = [Version3, 0];
        uint[] data = [0, 0, 0, 1u << (CapBpf - 32), 1u << (CapBpf - 32), 0];
        int result = Capset(header, data);
        if (result != 0 || Effective() != 1UL << CapBpf)
        {
            throw new InvalidOperationException($"capset: errno {Marshal.GetLastPInvokeError()}, effective capabilities {Effective():x}");
        }
    }

    private static ulong Effective()
    {
        string line = File.ReadLines("/proc/thread-self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        return ulong.Parse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "capset", SetLastError = true)]
    private static extern int Capset(int[] header, uint[] data);
}
