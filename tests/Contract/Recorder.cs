using System.Buffers.Binary;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Contract;

/// <summary>
/// A program that writes down what it sees of each run, then does what it is told: select a seat or none, return a value; one answer for
/// packets, one for connections that migrate. Answers are data, so that they change between packets without a new attach.
/// </summary>
public sealed class Recorder : IDisposable
{
    private const int MostRuns = 32;
    private const int RunsOffset = 40;
    private const int MapLookup = 1;
    private const int LoadBytes = 26;
    private const int SocketCookie = 46;
    private const int SelectReuseport = 82;
    private const uint NoSeat = uint.MaxValue;

    private static readonly MapSpec s_log = new("log", MapType.Array, 4, RunsOffset + (MostRuns * RecordedRun.Size), 1);

    private readonly IBackendMap _log;

    /// <summary>Loads the program.</summary>
    /// <param name="backend">Where.</param>
    /// <param name="seats">The socket map that it selects from, by keys of 4 bytes.</param>
    /// <param name="migrates">Whether it also decides about connections whose listener stopped.</param>
    public Recorder(IReuseportBackend backend, IBackendMap seats, bool migrates = false)
    {
        _log = backend.CreateMap(s_log);
        Answer(null);
        AnswerMigrating(null);
        Program = backend.LoadProgram(
            new ProgramSpec(
                "test_recorder", ProgramType.SkReuseport, migrates ? AttachType.SkReuseportSelectOrMigrate : AttachType.SkReuseportSelect, Code(), [seats.Spec, s_log]),
            [seats, _log]);
    }

    public IBackendProgram Program { get; }

    /// <summary>The runs since the last <see cref="Forget"/>; at most 32.</summary>
    public IReadOnlyList<RecordedRun> Runs
    {
        get
        {
            byte[] value = Read();
            int count = (int)BinaryPrimitives.ReadInt64LittleEndian(value);
            return [.. Enumerable.Range(0, count).Select(run => RecordedRun.Read(value.AsSpan(RunsOffset + (RecordedRun.Size * run))))];
        }
    }

    /// <summary>What to do with packets from now on.</summary>
    /// <param name="seat">Seat to select, or null for none.</param>
    /// <param name="result">What to return.</param>
    public void Answer(uint? seat, ulong result = 1) => Write(8, seat, result);

    /// <summary>What to do with connections that migrate from now on.</summary>
    public void AnswerMigrating(uint? seat, ulong result = 1) => Write(24, seat, result);

    public void Forget()
    {
        byte[] value = Read();
        value.AsSpan(0, 8).Clear();
        _log.Update(new byte[4], value);
    }

    public void Dispose()
    {
        Program.Dispose();
        _log.Dispose();
    }

    private byte[] Read() => _log.Lookup(new byte[4])!;

    private void Write(int offset, uint? seat, ulong result)
    {
        byte[] value = Read();
        BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(offset), seat ?? NoSeat);
        BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(offset + 8), result);
        _log.Update(new byte[4], value);
    }

    // R6 = context, R7 = the log, R8 = migrating, R9 = the record of this run.
    private static System.Collections.Immutable.ImmutableArray<Instruction> Code()
    {
        ProgramBuilder builder = new();
        Label failed = builder.NewLabel("failed");
        Label migrating = builder.NewLabel("migrating");
        Label decided = builder.NewLabel("decided");
        Label done = builder.NewLabel("done");
        builder.Add(
            Move(Register.R6, Register.R1),
            StoreImmediate(MemorySize.Word, Register.R10, -4, 0),
            LoadMap(Register.R1, 1),
            Move(Register.R2, Register.R10),
            Alu64(AluOperation.Add, Register.R2, -4),
            CallHelper(MapLookup));
        builder.JumpIf(JumpOperation.Equal, Register.R0, 0, failed);
        builder.Add(
            Move(Register.R7, Register.R0),
            Load(MemorySize.DoubleWord, Register.R1, Register.R7, 0),
            Move(Register.R9, Register.R1),
            Alu64(AluOperation.Add, Register.R1, 1),
            Store(MemorySize.DoubleWord, Register.R7, 0, Register.R1),
            Alu64(AluOperation.And, Register.R9, MostRuns - 1),
            Alu64(AluOperation.Multiply, Register.R9, RecordedRun.Size),
            Alu64(AluOperation.Add, Register.R9, Register.R7));
        for (short field = 0; field < 5; field++)
        {
            builder.Add(
                Load(MemorySize.Word, Register.R1, Register.R6, (short)(16 + (4 * field))),
                Store(MemorySize.Word, Register.R9, (short)(RunsOffset + (4 * field)), Register.R1));
        }

        builder.Add(
            Load(MemorySize.DoubleWord, Register.R2, Register.R6, 0),
            Load(MemorySize.DoubleWord, Register.R3, Register.R6, 8),
            Alu64(AluOperation.Subtract, Register.R3, Register.R2),
            Store(MemorySize.Word, Register.R9, RunsOffset + 20, Register.R3),
            Load(MemorySize.DoubleWord, Register.R1, Register.R6, 40),
            CallHelper(SocketCookie),
            Store(MemorySize.DoubleWord, Register.R9, RunsOffset + 24, Register.R0),
            Load(MemorySize.DoubleWord, Register.R1, Register.R6, 48),
            CallHelper(SocketCookie),
            Store(MemorySize.DoubleWord, Register.R9, RunsOffset + 32, Register.R0),
            Move(Register.R8, Register.R0),
            StoreImmediate(MemorySize.DoubleWord, Register.R9, RunsOffset + 40, 0));
        AddLoad(builder, 13, 1);
        builder.Add(
            Store(MemorySize.Word, Register.R9, RunsOffset + 48, Register.R0),
            Load(MemorySize.Byte, Register.R1, Register.R10, -8),
            Store(MemorySize.Byte, Register.R9, RunsOffset + 52, Register.R1));
        AddLoad(builder, 4, 4);
        builder.Add(
            Load(MemorySize.Word, Register.R1, Register.R10, -8),
            Store(MemorySize.Word, Register.R9, RunsOffset + 56, Register.R1));
        builder.JumpIf(JumpOperation.NotEqual, Register.R8, 0, migrating);
        builder.Add(
            Load(MemorySize.Word, Register.R1, Register.R7, 8),
            Load(MemorySize.DoubleWord, Register.R8, Register.R7, 16));
        builder.Jump(decided);
        builder.Mark(migrating).Add(
            Load(MemorySize.Word, Register.R1, Register.R7, 24),
            Load(MemorySize.DoubleWord, Register.R8, Register.R7, 32));
        builder.Mark(decided).JumpIf32(JumpOperation.Equal, Register.R1, -1, done);
        builder.Add(
            Store(MemorySize.Word, Register.R10, -4, Register.R1),
            Move(Register.R1, Register.R6),
            LoadMap(Register.R2, 0),
            Move(Register.R3, Register.R10),
            Alu64(AluOperation.Add, Register.R3, -4),
            MoveImmediate(Register.R4, 0),
            CallHelper(SelectReuseport),
            Store(MemorySize.DoubleWord, Register.R9, RunsOffset + 40, Register.R0));
        builder.Mark(done).Add(Move(Register.R0, Register.R8), Exit());
        builder.Mark(failed).Add(MoveImmediate(Register.R0, 0), Exit());
        return builder.Build();
    }

    private static void AddLoad(ProgramBuilder builder, int offset, int size) => builder.Add(
        StoreImmediate(MemorySize.DoubleWord, Register.R10, -8, 0),
        Move(Register.R1, Register.R6),
        MoveImmediate(Register.R2, offset),
        Move(Register.R3, Register.R10),
        Alu64(AluOperation.Add, Register.R3, -8),
        MoveImmediate(Register.R4, size),
        CallHelper(LoadBytes));
}
