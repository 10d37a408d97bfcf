using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Hashing;

/// <summary>
/// Words that the kernel's hash functions load: every offset of the first bytes of a function is taken for the displacement of a
/// rip-relative operand (x86-64), and what lies there is read. The secrets are among them; which they are is found by trial.
/// </summary>
internal sealed class SecretWords
{
    private static readonly Dictionary<string, (TransportProtocol, IpFamily)> s_functions = new(StringComparer.Ordinal)
    {
        ["udp_ehashfn"] = (TransportProtocol.Udp, IpFamily.V4),
        ["inet_ehashfn"] = (TransportProtocol.Tcp, IpFamily.V4),
        ["udp6_ehashfn"] = (TransportProtocol.Udp, IpFamily.V6),
        ["inet6_ehashfn"] = (TransportProtocol.Tcp, IpFamily.V6),
    };

    private readonly Dictionary<(TransportProtocol, IpFamily), ImmutableArray<uint>> _words = [];

    /// <summary>The words of a protocol and family; empty when the function was not found.</summary>
    internal ImmutableArray<uint> Of(TransportProtocol protocol, IpFamily family) => _words.GetValueOrDefault((protocol, family), []);

    /// <summary>Reads them. Nothing is found on another architecture, or where /proc/kallsyms hides the addresses.</summary>
    internal static SecretWords Read(KernelMemory memory)
    {
        SecretWords words = new();
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return words;
        }

        foreach ((string name, ulong address) in Addresses())
        {
            words._words.Add(s_functions[name], Referenced(memory, address));
        }

        return words;
    }

    private static List<(string Name, ulong Address)> Addresses()
    {
        List<(string, ulong)> found = [];
        try
        {
            foreach (string line in File.ReadLines("/proc/kallsyms"))
            {
                // ffffffff81a2b3c0 t udp_ehashfn
                string[] parts = line.Split([' ', '\t'], 4);
                if (parts.Length == 3 && s_functions.ContainsKey(parts[2])
                    && ulong.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address) && address != 0)
                {
                    found.Add((parts[2], address));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        return [.. found.DistinctBy(symbol => symbol.Item1)];
    }

    private static ImmutableArray<uint> Referenced(KernelMemory memory, ulong address)
    {
        const ulong LowestKernelText = 0xffff_ffff_8000_0000;
        if (memory.Read(address, KernelMemory.LargestRead) is not { } code)
        {
            return [];
        }

        HashSet<ulong> seen = [];
        HashSet<uint> words = [];
        for (int offset = 0; offset <= code.Length - sizeof(int); offset++)
        {
            ulong target = unchecked(address + (ulong)offset + sizeof(int) + (ulong)MemoryMarshal.Read<int>(code.AsSpan(offset)));
            bool isCode = target >= address && target < address + (ulong)code.Length;
            if (target >= LowestKernelText && !isCode && seen.Add(target) && memory.ReadWord(target) is uint word and not 0)
            {
                words.Add(word);
            }
        }

        return [.. words];
    }
}
