using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Contract;

/// <summary>One call of a load_bytes helper: where from, how much (at most 16 bytes), and the header it is relative to (null for skb_load_bytes).</summary>
public sealed record LoadProbe(uint Offset, int Size, int? Header = null);

/// <summary>Small programs that do one thing and store what they saw.</summary>
internal static class TestPrograms
{
    public const int ContextSize = 48;

    public const int ProbeSize = 24;

    private const int MapLookup = 1;
    private const int LoadBytes = 26;
    private const int SocketCookie = 46;
    private const int LoadBytesRelative = 68;
    private const int SelectReuseport = 82;

    public static MapSpec Seats { get; } = new("seats", MapType.ReuseportSockArray, 4, 8, 16);

    /// <summary>An array of one entry with room for 8-byte results.</summary>
    public static MapSpec Results(int count) => new("results", MapType.Array, 4, 8 * count, 1);

    /// <summary>Returns a value, and nothing else. As a socket filter: the index of a member.</summary>
    public static ProgramSpec Return(ulong value, ProgramType type = ProgramType.SkReuseport) => new(
        "test_return", type, type == ProgramType.SkReuseport ? AttachType.SkReuseportSelect : AttachType.None,
        [LoadImmediate64(Register.R0, value), Exit()], []);

    /// <summary>Selects keys of map 0 one after the other, stores what helper 82 returned in map 1, and returns a value.</summary>
    public static ProgramSpec Select(MapSpec seats, IReadOnlyList<uint> keys, ulong returned = 1, ulong flags = 0)
    {
        MapSpec results = Results(keys.Count);
        ProgramBuilder builder = Begin(resultMap: 1, out Label failed);
        for (int call = 0; call < keys.Count; call++)
        {
            builder.Add(
                StoreImmediate(MemorySize.Word, Register.R10, -8, unchecked((int)keys[call])),
                Move(Register.R1, Register.R6),
                LoadMap(Register.R2, 0),
                Move(Register.R3, Register.R10),
                Alu64(AluOperation.Add, Register.R3, -8),
                LoadImmediate64(Register.R4, flags),
                CallHelper(SelectReuseport),
                Store(MemorySize.DoubleWord, Register.R7, (short)(8 * call), Register.R0));
        }

        return End(builder, failed, returned, "test_select", [seats, results]);
    }

    /// <summary>
    /// Stores the context in map 0: len, eth_protocol, ip_protocol, bind_inany, hash (u32 each, from 0), length of the linear data
    /// (u64 at 24), its first 8 bytes (32), cookie of the socket (40). Passes without selecting.
    /// </summary>
    public static ProgramSpec RecordContext()
    {
        ProgramBuilder builder = Begin(resultMap: 0, out Label failed);
        Label noData = builder.NewLabel("no_data");
        for (short field = 0; field < 5; field++)
        {
            builder.Add(
                Load(MemorySize.Word, Register.R1, Register.R6, (short)(16 + (4 * field))),
                Store(MemorySize.Word, Register.R7, (short)(4 * field), Register.R1));
        }

        builder.Add(
            Load(MemorySize.DoubleWord, Register.R2, Register.R6, 0),
            Load(MemorySize.DoubleWord, Register.R3, Register.R6, 8),
            Move(Register.R4, Register.R3),
            Alu64(AluOperation.Subtract, Register.R4, Register.R2),
            Store(MemorySize.DoubleWord, Register.R7, 24, Register.R4),
            Move(Register.R4, Register.R2),
            Alu64(AluOperation.Add, Register.R4, 8));
        builder.JumpIf(JumpOperation.GreaterThan, Register.R4, Register.R3, noData);
        builder.Add(
            Load(MemorySize.DoubleWord, Register.R5, Register.R2, 0),
            Store(MemorySize.DoubleWord, Register.R7, 32, Register.R5));
        builder.Mark(noData);
        builder.Add(
            Load(MemorySize.DoubleWord, Register.R1, Register.R6, 40),
            CallHelper(SocketCookie),
            Store(MemorySize.DoubleWord, Register.R7, 40, Register.R0));
        return End(builder, failed, 1, "test_context", [Results(ContextSize / 8)]);
    }

    /// <summary>Makes the calls, each into a buffer full of 0xaa, and stores return value (8 bytes) and buffer (16 bytes) of each in map 0.</summary>
    public static ProgramSpec RecordLoads(IReadOnlyList<LoadProbe> probes)
    {
        ProgramBuilder builder = Begin(resultMap: 0, out Label failed);
        for (int index = 0; index < probes.Count; index++)
        {
            LoadProbe probe = probes[index];
            builder.Add(
                LoadImmediate64(Register.R1, 0xaaaa_aaaa_aaaa_aaaa),
                Store(MemorySize.DoubleWord, Register.R10, -24, Register.R1),
                Store(MemorySize.DoubleWord, Register.R10, -16, Register.R1),
                Move(Register.R1, Register.R6),
                MoveImmediate32(Register.R2, unchecked((int)probe.Offset)),
                Move(Register.R3, Register.R10),
                Alu64(AluOperation.Add, Register.R3, -24),
                MoveImmediate(Register.R4, probe.Size),
                MoveImmediate(Register.R5, probe.Header ?? 0),
                CallHelper(probe.Header is null ? LoadBytes : LoadBytesRelative),
                Store(MemorySize.DoubleWord, Register.R7, (short)(ProbeSize * index), Register.R0),
                Load(MemorySize.DoubleWord, Register.R1, Register.R10, -24),
                Store(MemorySize.DoubleWord, Register.R7, (short)((ProbeSize * index) + 8), Register.R1),
                Load(MemorySize.DoubleWord, Register.R1, Register.R10, -16),
                Store(MemorySize.DoubleWord, Register.R7, (short)((ProbeSize * index) + 16), Register.R1));
        }

        return End(builder, failed, 1, "test_loads", [Results(ProbeSize / 8 * probes.Count)]);
    }

    // R6 = context, R7 = the only value of the result map.
    private static ProgramBuilder Begin(int resultMap, out Label failed)
    {
        ProgramBuilder builder = new();
        failed = builder.NewLabel("failed");
        builder.Add(
            Move(Register.R6, Register.R1),
            StoreImmediate(MemorySize.Word, Register.R10, -4, 0),
            LoadMap(Register.R1, resultMap),
            Move(Register.R2, Register.R10),
            Alu64(AluOperation.Add, Register.R2, -4),
            CallHelper(MapLookup));
        builder.JumpIf(JumpOperation.Equal, Register.R0, 0, failed);
        return builder.Add(Move(Register.R7, Register.R0));
    }

    private static ProgramSpec End(ProgramBuilder builder, Label failed, ulong returned, string name, ImmutableArray<MapSpec> maps)
    {
        builder.Add(LoadImmediate64(Register.R0, returned), Exit());
        builder.Mark(failed).Add(MoveImmediate(Register.R0, 0), Exit());
        return new ProgramSpec(name, ProgramType.SkReuseport, AttachType.SkReuseportSelect, builder.Build(), maps);
    }
}
