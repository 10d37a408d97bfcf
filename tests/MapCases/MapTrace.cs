using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.MapCases;

/// <summary>
/// A line of map-traces.jsonl: a map, the seed of a long sequence of operations by user space and by programs on one or more CPUs, and a digest of the answers
/// after every <see cref="Every"/> operations, as Linux 6.18 gave them. Every answer is in the digest, and at its end so are all keys in their order.
/// </summary>
internal sealed record MapTrace(string Name, MapSpec Spec, ulong Seed, int Cpus, int Operations, uint KeyCount, IReadOnlyList<string> Digests)
{
    /// <summary>Operations between two digests.</summary>
    public const int Every = 500;

    public static MapTrace Read(JsonObject line) => new(
        (string)line["name"]!, MapCase.ReadSpec(line["map"]!), (ulong)line["seed"]!, (int)line["cpus"]!, (int)line["operations"]!, (uint)line["keys"]!,
        [.. (line["digests"] as JsonArray ?? []).Select(x => (string)x!)]);

    /// <summary>Does the operations. An answer is one line: what was done, and what came of it.</summary>
    public IEnumerable<string> Play(IMapSubject subject)
    {
        Random random = new(Seed);
        MapArguments arguments = new();
        MapCase all = new(Name, Spec, null, [], []);
        int cpu = 0;
        for (int i = 1; i <= Operations; i++)
        {
            if (Cpus > 1 && random.Below(8) == 0)
            {
                cpu = (int)random.Below((uint)Cpus);
            }

            subject.RunOn(cpu);
            string answer = Spec.Type switch
            {
                MapType.RingBuf => Stream(subject, random, arguments),
                MapType.Queue or MapType.Stack or MapType.BloomFilter => Keyless(subject, random, arguments),
                _ => Keyed(subject, random, arguments, cpu),
            };
            if (i % Every == 0 && Spec.KeySize > 0)
            {
                answer += " keys " + string.Join(',', all.Keys(subject));
            }

            yield return string.Create(CultureInfo.InvariantCulture, $"{i} cpu {cpu}: {answer}");
        }
    }

    /// <summary>The digests of answers.</summary>
    public static IReadOnlyList<string> Digest(IEnumerable<string> answers)
    {
        List<string> digests = [];
        ulong hash = 0xcbf29ce484222325; // FNV-1a
        int count = 0;
        foreach (string answer in answers)
        {
            foreach (byte value in Encoding.ASCII.GetBytes(answer))
            {
                hash = (hash ^ value) * 0x100000001b3;
            }

            if (++count % Every == 0)
            {
                digests.Add(hash.ToString("x16", CultureInfo.InvariantCulture));
            }
        }

        return digests;
    }

    private string Keyed(IMapSubject subject, Random random, MapArguments arguments, int cpu)
    {
        // A few keys are wanted much more often than the others.
        uint number = random.Below(2) == 0 ? random.Below(Math.Max(1, KeyCount / 8)) : random.Below(KeyCount);
        byte[] key = Bytes(number * 2654435761, Spec.KeySize);
        ulong flags = random.Below(10) switch { 0 => 1, 1 => 2, 2 when Spec.SpinLockOffset is not null => 4, _ => 0 };
        byte[] buffer = new byte[subject.UserValueSize];
        uint choice = random.Below(100);
        Fill(buffer, random);
        string name = string.Create(CultureInfo.InvariantCulture, $"key {number}");
        switch (choice)
        {
            case < 25:
                return $"update {name} {flags} {subject.Update(key, buffer, flags)}";
            case < 50:
                arguments.Set(key, buffer.AsSpan(0, Spec.ValueSize), flags, 0);
                subject.Run(MapPrograms.Of("update", Spec), arguments.Bytes);
                return $"program update {name} {flags} {(long)arguments.Result}";
            case < 60:
                Array.Clear(buffer);
                return $"lookup {name} {subject.Lookup(key, buffer, 0)} {Convert.ToHexString(buffer)}";
            case < 85:
                arguments.Set(key, [], 0, 0);
                subject.Run(MapPrograms.Of("lookup", Spec), arguments.Bytes);
                return $"program lookup {name} {(long)arguments.Result} {Convert.ToHexString(arguments.Given(Spec.ValueSize))}";
            case < 88 when buffer.Length > Spec.ValueSize:
                arguments.Set(key, [], 0, 1 - cpu);
                subject.Run(MapPrograms.Of("lookupcpu", Spec), arguments.Bytes);
                return $"program lookup elsewhere {name} {(long)arguments.Result} {Convert.ToHexString(arguments.Given(Spec.ValueSize))}";
            case < 90:
                return $"delete {name} {subject.Delete(key)}";
            case < 93:
                arguments.Set(key, [], 0, 0);
                subject.Run(MapPrograms.Of("delete", Spec), arguments.Bytes);
                return $"program delete {name} {(long)arguments.Result}";
            case < 96:
                Array.Clear(buffer);
                return $"take {name} {subject.LookupAndDelete(key, buffer, 0)} {Convert.ToHexString(buffer)}";
            default:
                byte[] next = new byte[Spec.KeySize];
                Errno errno = subject.NextKey(key, next);
                bool isOrdered = Spec.Flags.HasFlag(MapFlags.ZeroSeed);
                return isOrdered ? $"next {name} {errno} {Convert.ToHexString(next)}" : "next";
        }
    }

    private string Keyless(IMapSubject subject, Random random, MapArguments arguments)
    {
        bool isBloom = Spec.Type == MapType.BloomFilter;
        byte[] value = Bytes(random.Below(KeyCount) * 2654435761, Spec.ValueSize);
        ulong flags = random.Below(6) switch { 0 => 2, 1 => 1, _ => 0 };
        arguments.Set([], value, flags, 0);
        string shown = Convert.ToHexString(value);
        byte[] buffer = isBloom ? value : new byte[Spec.ValueSize];
        switch (random.Below(isBloom ? 60u : 100u))
        {
            case < 10:
                return $"update {shown} {flags} {subject.Update([], value, flags)}";
            case < 20:
                subject.Run(MapPrograms.Of("push", Spec), arguments.Bytes);
                return $"push {shown} {flags} {(long)arguments.Result}";
            case < 40:
                return $"lookup {shown} {subject.Lookup([], buffer, 0)} {Convert.ToHexString(buffer)}";
            case < 60:
                subject.Run(MapPrograms.Of("peek", Spec), arguments.Bytes);
                return $"peek {shown} {(long)arguments.Result} {Convert.ToHexString(arguments.Given(Spec.ValueSize))}";
            case < 80 when random.Below(3) > 0:
                return $"push {shown} {subject.Update([], value, 0)}";
            case < 90:
                return $"take {subject.LookupAndDelete([], buffer, 0)} {Convert.ToHexString(buffer)}";
            default:
                subject.Run(MapPrograms.Of("pop", Spec), arguments.Bytes);
                return $"pop {(long)arguments.Result} {Convert.ToHexString(arguments.Given(Spec.ValueSize))}";
        }
    }

    private string Stream(IMapSubject subject, Random random, MapArguments arguments)
    {
        // Sizes are a few, for each wants a program: small, odd, a page, more than fits.
        ReadOnlySpan<int> sizes = [0, 1, 7, 8, 9, 24, 61, 200, 256, Spec.MaxEntries / 2, Spec.MaxEntries - 8, Spec.MaxEntries];
        byte[] value = new byte[256];
        Fill(value, random);
        int small = sizes[(int)random.Below(9)];
        int any = sizes[(int)random.Below((uint)sizes.Length)];
        ulong flags = random.Below(4);
        arguments.Set([], value, flags, 0);
        switch (random.Below(100))
        {
            case < 25:
                subject.Run(MapPrograms.Of("output", Spec, small), arguments.Bytes);
                return $"output {small} {flags} {(long)arguments.Result}";
            case < 40:
                subject.Run(MapPrograms.Of("submit", Spec, small), arguments.Bytes);
                return $"submit {small} {flags} {(long)arguments.Result}";
            case < 45:
                subject.Run(MapPrograms.Of("discard", Spec, any), arguments.Bytes);
                return $"discard {any} {flags} {(long)arguments.Result}";
            case < 50:
                subject.Run(MapPrograms.Of("pair", Spec, any), arguments.Bytes);
                return $"pair {any} {flags} {(long)arguments.Result}";
            case < 75:
                subject.Run(MapPrograms.Of("query", Spec), arguments.Bytes);
                return $"query {flags} {(long)arguments.Result}";
            default:
                byte[]? record = subject.Consume();
                return $"consume {(record is null ? "nothing" : Shown(record))}";
        }
    }

    // What a program did not write in a large record is what was there before: shown too.
    private static string Shown(byte[] record) => Convert.ToHexString(record.AsSpan(0, Math.Min(record.Length, 300)));

    private static byte[] Bytes(uint number, int size)
    {
        byte[] bytes = new byte[Math.Max(size, sizeof(uint))];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        for (int i = sizeof(uint); i < bytes.Length; i++)
        {
            bytes[i] = (byte)(bytes[i - sizeof(uint)] + i);
        }

        return bytes[..size];
    }

    private static void Fill(Span<byte> bytes, Random random)
    {
        foreach (ref byte value in bytes)
        {
            value = (byte)random.Below(256);
        }
    }

    // SplitMix64: the same numbers wherever the trace is played.
    private sealed class Random(ulong state)
    {
        private ulong _state = state;

        public uint Below(uint limit)
        {
            ulong z = _state += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return (uint)(((z ^ (z >> 31)) >> 32) * limit >> 32);
        }
    }
}
