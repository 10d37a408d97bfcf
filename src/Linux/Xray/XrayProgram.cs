using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Linux.Xray;

/// <summary>
/// The iterator program: for every open file of every process, when it is the socket that is asked for, writes its group's
/// header and the cookies of up to <see cref="XrayRecord.MaxCookies"/> members. It only reads.
/// </summary>
internal static class XrayProgram
{
    // The control value: what is asked for.
    internal const int WantedInode = 0;
    internal const int FirstMember = 8;
    internal const int Written = 12;
    internal const int ControlLength = 16;

    private const int ProbeReadKernel = 113;
    private const int SequenceWrite = 127;
    private const int SocketFromFile = 162;

    // Many processes can hold the socket; a record that did not fit into the buffer is written again. Some are enough.
    private const int MaxRecords = 4;

    // Stack, from the frame pointer.
    private const short Header = -XrayRecord.HeaderLength;
    private const short Scratch = Header - 8;

    internal static MapSpec Control { get; } = new("rps_xray", MapType.Array, 4, ControlLength, 1);

    internal static ProgramSpec Create(KernelOffsets kernel)
    {
        ProgramBuilder code = new();
        Label done = code.NewLabel("done");
        Label write = code.NewLabel("write");
        Label next = code.NewLabel("next");

        code.Add(
            Load(MemorySize.DoubleWord, R7, R1, kernel.ContextMeta),
            Load(MemorySize.DoubleWord, R7, R7, kernel.MetaSequence),
            Load(MemorySize.DoubleWord, R8, R1, kernel.ContextFile));
        code.JumpIf(JumpOperation.Equal, R8, 0, done); // the call after the last file
        code.Add(
            LoadMapValue(R9, 0, 0),
            Load(MemorySize.DoubleWord, R1, R8, kernel.FileInode),
            Load(MemorySize.DoubleWord, R1, R1, kernel.InodeNumber),
            Load(MemorySize.DoubleWord, R2, R9, WantedInode));
        code.JumpIf(JumpOperation.NotEqual, R1, R2, done);
        code.Add(Move(R1, R8), CallHelper(SocketFromFile));
        code.JumpIf(JumpOperation.Equal, R0, 0, done);
        code.Add(Load(MemorySize.DoubleWord, R8, R0, kernel.SocketSock));
        code.JumpIf(JumpOperation.Equal, R8, 0, done);
        code.Add(Load(MemorySize.Word, R1, R9, Written));
        code.JumpIf(JumpOperation.GreaterOrEqual, R1, MaxRecords, done);
        code.Add(Alu64(AluOperation.Add, R1, 1), Store(MemorySize.Word, R9, Written, R1));

        for (short at = Header; at < 0; at += 8)
        {
            code.Add(StoreImmediate(MemorySize.DoubleWord, R10, at, 0));
        }

        code.Add(
            Load(MemorySize.Word, R9, R9, FirstMember),
            Store(MemorySize.DoubleWord, R10, Header + XrayRecord.Start, R9));
        Read(code, R8, kernel.SockGroup, XrayRecord.Group, 8);
        code.Add(Load(MemorySize.DoubleWord, R8, R10, Header + XrayRecord.Group));
        code.JumpIf(JumpOperation.Equal, R8, 0, write);
        Read(code, R8, kernel.GroupCount, XrayRecord.Count, 2);
        Read(code, R8, kernel.GroupClosed, XrayRecord.Closed, 2);
        Read(code, R8, kernel.GroupProgram, XrayRecord.Program, 8);
        code.Add(Load(MemorySize.DoubleWord, R6, R10, Header + XrayRecord.Program));
        code.JumpIf(JumpOperation.Equal, R6, 0, write);
        Read(code, R6, kernel.ProgramType, XrayRecord.ProgramType, 4);
        Read(code, R6, kernel.ProgramTag, XrayRecord.ProgramTag, 8);
        ReadTo(code, R6, kernel.ProgramAux, Scratch, 8);
        code.Add(Load(MemorySize.DoubleWord, R6, R10, Scratch));
        Read(code, R6, kernel.AuxId, XrayRecord.ProgramId, 4);

        code.Mark(write);
        Write(code, Header, XrayRecord.HeaderLength);
        code.JumpIf(JumpOperation.Equal, R8, 0, done);
        code.Add(MoveImmediate(R6, 0));

        code.Mark(next);
        code.JumpIf(JumpOperation.GreaterOrEqual, R6, XrayRecord.MaxCookies, done);
        code.Add(
            Move(R1, R6),
            Alu64(AluOperation.Add, R1, R9),
            Load(MemorySize.Word, R2, R10, Header + XrayRecord.Count));
        code.JumpIf(JumpOperation.GreaterOrEqual, R1, R2, done);
        code.Add(
            Alu64(AluOperation.ShiftLeft, R1, 3),
            Alu64(AluOperation.Add, R1, R8));
        ReadTo(code, R1, kernel.GroupSocks, Scratch, 8);
        code.Add(Load(MemorySize.DoubleWord, R1, R10, Scratch));
        ReadTo(code, R1, kernel.SockCookie, Scratch, 8);
        Write(code, Scratch, 8);
        code.Add(Alu64(AluOperation.Add, R6, 1));
        code.Jump(next);

        code.Mark(done);
        code.Add(MoveImmediate(R0, 0), Exit());

        // The helpers for reading kernel memory and the iterator itself are for GPL programs only.
        return new ProgramSpec("rps_xray", ProgramType.Tracing, AttachType.TraceIterator, code.Build(), [Control], "GPL");
    }

    private static void Read(ProgramBuilder code, Register from, int offset, int field, int size) =>
        ReadTo(code, from, offset, (short)(Header + field), size);

    // A read that cannot fault: what is not there any more reads as zeros.
    private static void ReadTo(ProgramBuilder code, Register from, int offset, short stack, int size) => code.Add(
        Move(R3, from),
        Alu64(AluOperation.Add, R3, offset),
        Move(R1, R10),
        Alu64(AluOperation.Add, R1, stack),
        MoveImmediate(R2, size),
        CallHelper(ProbeReadKernel));

    private static void Write(ProgramBuilder code, short stack, int size) => code.Add(
        Move(R1, R7),
        Move(R2, R10),
        Alu64(AluOperation.Add, R2, stack),
        MoveImmediate(R3, size),
        CallHelper(SequenceWrite));
}
