using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;
using ReuseportPS.RandomPrograms;

namespace ReuseportPS.Linux.Tests;

/// <summary>Random programs in the kernel (BPF_PROG_TEST_RUN) and compiled here: the maps must hold the same afterwards, the result among it.</summary>
public sealed unsafe class RandomProgramTests : LinuxTest
{
    // sched_setaffinity on x86-64 and arm64; only tests move threads.
    private const Syscall SetAffinity = (Syscall)(203 | (122 << 16));

    [Fact]
    public void Random_programs_do_what_they_do_in_the_kernel() => Compare(seed: 7, programs: 300);

    [Fact]
    [Trait("Category", "Soak")]
    public void Random_programs_do_what_they_do_in_the_kernel_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        string? programs = Environment.GetEnvironmentVariable("REUSEPORTPS_PROGRAMS");
        string? seed = Environment.GetEnvironmentVariable("REUSEPORTPS_SEED");
        Compare(
            seed is null ? 1000 : ulong.Parse(seed, CultureInfo.InvariantCulture),
            programs is null ? 100_000 : int.Parse(programs, CultureInfo.InvariantCulture));
    }

    private static void Compare(ulong seed, int programs)
    {
        Move(1);
        try
        {
            int accepted = 0;
            string refusal = "";
            for (int i = 0; i < programs; i++)
            {
                ulong one = (seed << 32) + (ulong)i;
                ImmutableArray<Instruction> code = RandomProgram.Make(one, tame: true);
                ProgramSpec spec = new("random", ProgramType.SchedClassifier, AttachType.None, code, [.. RandomProgram.Maps], "GPL");
                if (InKernel(spec, one, ref refusal) is string expected)
                {
                    accepted++;
                    Assert.Equal($"seed 0x{one:x} {expected}", $"seed 0x{one:x} {Compiled(spec, one)}");
                }
            }

            Assert.True(accepted >= programs / 2, $"The kernel took {accepted} of {programs}; it refused one so: {refusal}");
        }
        finally
        {
            Move(ulong.MaxValue);
        }
    }

    private static string? InKernel(ProgramSpec spec, ulong seed, ref string refusal)
    {
        List<LinuxMap> maps = [];
        try
        {
            foreach (MapSpec map in RandomProgram.Maps)
            {
                maps.Add(LinuxMap.Create(map));
            }

            using LinuxProgram program = LinuxProgram.Load(spec, maps);
            Fill(seed, (map, key, value) => maps[map].Update(key, value));
            using FdLease lease = new(program.Fd);
            byte[] packet = new byte[64];
            fixed (byte* data = packet)
            {
                TestRunAttributes attributes = new() { prog_fd = lease.Number, data_size_in = (uint)packet.Length, data_in = (ulong)data, repeat = 1 };
                Assert.Equal(0, BpfCall.Invoke(BpfCommand.BPF_PROG_TEST_RUN, ref attributes));
                return Dump(attributes.retval, (map, key) => maps[map].NextKey(key), (map, key) => maps[map].Lookup(key));
            }
        }
        catch (BackendException exception)
        {
            refusal = $"0x{seed:x} {exception.Message} {exception.Diagnostics[0]}";
            return null;
        }
        finally
        {
            maps.ForEach(map => map.Dispose());
        }
    }

    private static string Compiled(ProgramSpec spec, ulong seed)
    {
        BpfMap[] maps = [.. RandomProgram.Maps.Select(map => MapFactory.Create(map, PossibleCpus.Count).Map!)];
        Fill(seed, (map, key, value) => Assert.Equal(Errno.None, maps[map].Update(key, value)));
        RunResult result = new Machine().Run(CompiledProgram.Compile(LoadedProgram.Load(spec, maps)));
        Assert.Null(result.Fault);
        return Dump(
            (uint)result.ReturnValue,
            (map, key) =>
            {
                byte[] next = new byte[RandomProgram.Maps[map].KeySize];
                return maps[map].NextKey(key, next) == Errno.None ? next : null;
            },
            (map, key) =>
            {
                byte[] value = new byte[maps[map].UserValueSize];
                return maps[map].Lookup(key, value) == Errno.None ? value : null;
            });
    }

    private static void Fill(ulong seed, Action<int, byte[], byte[]> update)
    {
        ulong state = seed;
        ulong Next() => state = state * 6364136223846793005 + 1442695040888963407;
        foreach (int map in (int[])[0, 1, 1, 1, 2, 2, 3, 3, RandomProgram.Context])
        {
            MapSpec spec = RandomProgram.Maps[map];
            byte[] key = new byte[spec.KeySize];
            byte[] value = new byte[spec.ValueSize];
            key[0] = map is 0 or RandomProgram.Context ? (byte)0 : (byte)(Next() >> 62);
            for (int i = 0; i < value.Length; i++)
            {
                value[i] = (byte)(Next() >> 56);
            }

            update(map, key, value);
        }
    }

    private static string Dump(uint result, Func<int, byte[], byte[]?> next, Func<int, byte[], byte[]?> lookup)
    {
        List<string> lines = [$"{result}"];
        for (int map = 0; map < RandomProgram.Maps.Length; map++)
        {
            if (map is RandomProgram.Outer or RandomProgram.Calls)
            {
                continue;
            }

            List<string> entries = [];
            for (byte[]? key = next(map, []); key is not null; key = next(map, key))
            {
                entries.Add($"{Convert.ToHexStringLower(key)}={Convert.ToHexStringLower(lookup(map, key) ?? [])}");
            }

            entries.Sort(StringComparer.Ordinal);
            lines.Add($"{RandomProgram.Maps[map].Name} {string.Join(' ', entries)}");
        }

        return string.Join('\n', lines);
    }

    private static void Move(ulong cpus) => Assert.Equal(0, Sys.Invoke(SetAffinity, 0, sizeof(ulong), (nint)(&cpus)));

    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct TestRunAttributes
    {
        [FieldOffset(0)] internal int prog_fd;
        [FieldOffset(4)] internal uint retval;
        [FieldOffset(8)] internal uint data_size_in;
        [FieldOffset(16)] internal ulong data_in;
        [FieldOffset(32)] internal uint repeat;
    }
}
