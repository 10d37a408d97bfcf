using System.Buffers.Binary;
using System.Globalization;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Engine.Tests.Elf;

/// <summary>Damages objects at random and holds the reader to its promises: an object or errors, no exception, an end, and memory in proportion to the file.</summary>
public sealed class ObjectMutationTests(ITestOutputHelper output)
{
    /// <summary>What reading may allocate, all told: ten times the file, and for small files this much.</summary>
    private const long LeastMemory = 64 << 10;

    private static readonly ulong[] s_extremes =
    [
        0, 1, 2, 7, 8, 0x7f, 0xff, 0xff00, 0xfff1, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff, 0x1_0000_0000,
        0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_fff8, 0xffff_ffff_ffff_ffff,
    ];

    // Offset and size: name, type, flags, offset, size, link, info, entsize.
    private static readonly (int, int)[] s_headerFields = [(0, 4), (4, 4), (8, 8), (24, 8), (32, 8), (40, 4), (44, 4), (56, 8)];

    [Fact]
    public void Five_thousand_mutations_are_read_to_an_end() => Run(seed: 20263, mutations: 5_000, ObjectFiles.Own());

    [Fact]
    [Trait("Category", "Soak")]
    public void A_million_mutations_are_read_to_an_end()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes a minute; set REUSEPORTPS_SOAK=1 to run it");
        Run(seed: 20264, mutations: 1_000_000, [.. ObjectFiles.Own(), .. ObjectFiles.Shared()]);
    }

    private static byte[] Mutate(byte[] original, byte[] other, Xoshiro256 random)
    {
        List<byte> file = [.. original];
        for (uint change = random.NextBelow(4u) + 1; change > 0 && file.Count > 64; change--)
        {
            int at = (int)random.NextBelow((uint)file.Count);
            // Cuts and insertions move everything after them, and so mostly end at the first header: they are the rarer ones.
            switch (random.NextBelow(24u))
            {
                case 0:
                    file[at] ^= (byte)(1 << (int)random.NextBelow(8u));
                    break;
                case 1:
                    file[at] = (byte)random.NextUInt32();
                    break;
                case 2:
                    // Mostly near the end: a cut anywhere would leave little to read.
                    int cut = random.NextBelow(4u) == 0 ? at : Math.Max(at, file.Count - 200);
                    file.RemoveRange(cut, file.Count - cut);
                    break;
                case 3:
                    file.RemoveRange(at, Math.Min(file.Count - at, (int)random.NextBelow(40u)));
                    break;
                case 4:
                    file.InsertRange(at, new byte[random.NextBelow(40u)]);
                    break;
                case 5:
                    int from = (int)random.NextBelow((uint)other.Length);
                    byte[] piece = [.. other.Skip(from).Take((int)random.NextBelow(200u))];
                    for (int i = 0; i < piece.Length && at + i < file.Count; i++)
                    {
                        file[at + i] = piece[i];
                    }

                    break;
                case 6 or 7 or 8:
                    SetField(file, random, at & ~3, random.NextBelow(2u) == 0 ? 4 : 8);
                    break;
                default:
                    SetStructured(file, random);
                    break;
            }
        }

        return [.. file];
    }

    // A field of a section header, or a word of a section: symbols, relocations, types, code.
    private static void SetStructured(List<byte> file, Xoshiro256 random)
    {
        byte[] bytes = [.. file];
        bool isLittle = bytes[5] == 1;
        ulong start = U64(bytes, 40);
        int count = isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(60)) : BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(60));
        if (count == 0 || start > (ulong)bytes.Length || (ulong)bytes.Length - start < (ulong)count * 64)
        {
            SetField(file, random, (int)random.NextBelow(60u), 4);
            return;
        }

        int header = (int)start + ((int)random.NextBelow((uint)count) * 64);
        if (random.NextBelow(2u) == 0)
        {
            (int field, int size) = s_headerFields[random.NextBelow((uint)s_headerFields.Length)];
            SetField(file, random, header + field, size);
            return;
        }

        ulong offset = U64(bytes, header + 24);
        ulong length = U64(bytes, header + 32);
        if (length >= 4 && offset + length <= (ulong)bytes.Length && offset + length >= offset)
        {
            SetField(file, random, (int)(offset + (random.NextBelow((uint)(length / 4)) * 4)), random.NextBelow(3u) == 0 ? 8 : 4);
        }

        ulong U64(byte[] source, int at) => at + 8 > source.Length ? 0
            : isLittle ? BinaryPrimitives.ReadUInt64LittleEndian(source.AsSpan(at)) : BinaryPrimitives.ReadUInt64BigEndian(source.AsSpan(at));
    }

    private static void SetField(List<byte> file, Xoshiro256 random, int at, int size)
    {
        ulong value = random.NextBelow(4u) switch
        {
            0 => random.NextBelow(64u),
            1 => random.NextUInt64(),
            2 => (ulong)file.Count + random.NextBelow(17u) - 8,
            _ => s_extremes[random.NextBelow((uint)s_extremes.Length)],
        };
        for (int i = 0; i < size && at + i < file.Count; i++)
        {
            file[at + i] = (byte)(value >> (8 * (file[5] == 2 ? size - 1 - i : i)));
        }
    }

    private static void Use(ElfObject read)
    {
        Assert.Equal(read.Diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), !read.Succeeded);
        Assert.Equal(read.Succeeded, !read.Programs.IsEmpty);
        Assert.All(read.Diagnostics, diagnostic => Assert.Matches("^RPS(20|21|10)[0-9]{2}$", diagnostic.Code));
        Assert.All(read.Diagnostics, diagnostic => Assert.NotEmpty(diagnostic.ToString()));
        ProgramCollection collection = read.Collection;
        foreach (ProgramSpec program in collection.Programs)
        {
            Assert.All(program.Maps, map => Assert.Contains(collection.Maps, one => ReferenceEquals(one, map)));
            for (int slot = 0; slot < program.InstructionSlots; slot++)
            {
                _ = program.Btf?.SourceOf(slot)?.ToString();
                _ = program.Btf?.FunctionOf(slot);
            }
        }

        foreach (MapSlot slot in collection.Slots)
        {
            Assert.InRange(slot.Map, 0, collection.Maps.Length - 1);
        }
    }

    private void Run(ulong seed, int mutations, IReadOnlyList<(string Name, byte[] Bytes)> originals)
    {
        Xoshiro256 random = new(seed);
        BtfTypes kernel = ObjectFiles.Read("kernel_types.o").Types!;
        long most = 0;
        double mostShare = 0;
        int read = 0;
        SortedDictionary<string, int> codes = new(StringComparer.Ordinal);
        foreach ((string name, byte[] bytes) in originals)
        {
            _ = ElfObject.Read(bytes, name, new ElfOptions(kernel)); // what is made once is not counted
        }

        for (int mutation = 0; mutation < mutations; mutation++)
        {
            (string name, byte[] original) = originals[mutation % originals.Count];
            byte[] file = Mutate(original, originals[(int)random.NextBelow((uint)originals.Count)].Bytes, random);
            ElfOptions options = new(random.NextBelow(4u) == 0 ? null : kernel);
            string place = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, mutation {mutation} of {name}, {file.Length} bytes");
            ElfObject result;
            long allocated;
            try
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                result = ElfObject.Read(file, name, options);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Use(result);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{place}: {Convert.ToHexString(file)}", exception);
            }

            Assert.True(allocated <= Math.Max(10L * file.Length, LeastMemory), $"{place}: {allocated} bytes allocated");
            most = Math.Max(most, allocated);
            mostShare = Math.Max(mostShare, file.Length < 4096 ? 0 : (double)allocated / file.Length);
            read += result.Succeeded ? 1 : 0;
            foreach (string code in result.Diagnostics.Select(diagnostic => diagnostic.Code).Distinct(StringComparer.Ordinal))
            {
                codes[code] = codes.GetValueOrDefault(code) + 1;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {seed}: {mutations} mutations of {originals.Count} objects, {read} still read; most memory {most} bytes, {mostShare:F1} times the file where that has 4096 bytes or more. {string.Join(", ", codes.Select(code => $"{code.Key} {code.Value}"))}"));
    }
}
