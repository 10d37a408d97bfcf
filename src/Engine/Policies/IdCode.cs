using System.Buffers.Binary;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>The code that finds a connection id in a datagram and what it means (<see cref="ConnectionIds"/>).</summary>
internal sealed class IdCode(PolicyCode code, ConnectionIdBalancer by)
{
    private const int UdpHeader = 8;

    /// <summary>Where the first bytes of a long header are put, so that the version after the first is aligned.</summary>
    private const short Header = Frame.Id + 3;

    /// <summary>Puts what is looked at of the id on the stack.</summary>
    /// <param name="fresh">Where to go with an id that a client chose.</param>
    /// <param name="unknown">Where to go with an id that is none of the servers'.</param>
    public void EmitLoad(Label fresh, Label unknown)
    {
        Label isLong = code.NewLabel("long header");
        Label handshake = code.NewLabel("handshake");
        Label loaded = code.NewLabel("id loaded");
        code.JumpUnlessProtocol((int)TransportProtocol.Udp, fresh);
        for (short at = 0; at < 24; at += 8)
        {
            code.Builder.Add(Instructions.StoreImmediate(MemorySize.DoubleWord, R10, (short)(Frame.Id + at), 0));
        }

        code.LoadFromTransport(UdpHeader, 1, Header);
        code.Builder.JumpIf(JumpOperation.NotEqual, R0, 0, fresh)
            .Add(Instructions.Load(MemorySize.Byte, R1, R10, Header))
            .JumpIf32(JumpOperation.BitsSet, R1, ConnectionIds.LongHeader, isLong)
            .Add(Instructions.StoreImmediate(MemorySize.Byte, R10, Header, 0));
        LoadId(by.At);
        code.Jump(loaded);

        code.Mark(isLong);
        code.LoadFromTransport(UdpHeader, ConnectionIds.LongIdAt, Header);
        code.Builder.JumpIf(JumpOperation.NotEqual, R0, 0, fresh).Add(
            Instructions.Load(MemorySize.Byte, R1, R10, Header),
            Instructions.Alu32(AluOperation.And, R1, ConnectionIds.PacketType),
            Instructions.Load(MemorySize.Word, R2, R10, Header + ConnectionIds.VersionAt));
        foreach ((uint version, int type) in ConnectionIds.Versions)
        {
            Label other = code.NewLabel("other version");
            code.Builder.JumpIf32(JumpOperation.NotEqual, R2, (int)BinaryPrimitives.ReverseEndianness(version), other)
                .JumpIf32(JumpOperation.Equal, R1, type, handshake)
                .Mark(other);
        }

        code.Jump(fresh);
        code.Mark(handshake);
        code.Builder.Add(Instructions.Load(MemorySize.Byte, R1, R10, Header + ConnectionIds.LengthAt))
            .JumpIf32(JumpOperation.NotEqual, R1, by.Length, unknown);
        for (short at = 0; at < 24; at += 8)
        {
            code.Builder.Add(Instructions.StoreImmediate(MemorySize.DoubleWord, R10, (short)(Frame.Id + at), 0));
        }

        LoadId(ConnectionIds.LongIdAt);
        code.Mark(loaded);

        void LoadId(int at)
        {
            code.LoadFromTransport(UdpHeader + at + by.Layout.From, ConnectionIds.SizeOf(by), Frame.Id);
            code.Builder.JumpIf(JumpOperation.NotEqual, R0, 0, unknown);
        }
    }

    /// <summary>The key on the stack = the entry of the table that the numbers in the id mean.</summary>
    public void EmitNumber(int first, int workers, Label unknown)
    {
        switch (by.Layout)
        {
            case WorkerLayout layout:
                LoadNumber(layout.Worker, R1);
                code.Builder.JumpIf32(JumpOperation.GreaterOrEqual, R1, workers, unknown);
                break;
            case ModuloLayout layout:
                LoadNumber(layout.Number, R1);
                code.Builder.Add(Instructions.Alu32(AluOperation.Modulo, R1, workers));
                break;
            case GenerationLayout layout:
                LoadNumber(layout.Worker, R1);
                code.Builder.JumpIf32(JumpOperation.GreaterOrEqual, R1, workers, unknown);
                LoadNumber(layout.Generation, R3);
                code.Builder.Add(Instructions.Alu32(AluOperation.Multiply, R3, workers), Instructions.Alu32(AluOperation.Add, R1, R3));
                break;
        }

        code.Builder.Add(Instructions.Alu32(AluOperation.Add, R1, first), Instructions.Store(MemorySize.Word, R10, Frame.Key, R1));
    }

    /// <summary>The key on the stack = the slot of the longest prefix of the id. The list is in r0.</summary>
    public void EmitLongestPrefix(Label unknown)
    {
        if (by.Layout is PrefixLayout { Config: not null })
        {
            code.Builder.Add(
                Instructions.Load(MemorySize.Byte, R1, R10, Frame.Id),
                Instructions.Alu32(AluOperation.And, R1, 0xff << ConnectionIds.ConfigShift & 0xff),
                Instructions.Store(MemorySize.Byte, R10, Frame.Id, R1));
        }

        code.Builder.Add(
            Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Id - 8, PolicyMapSpecs.FamilyBits + (8 * ConnectionIds.SizeOf(by))),
            Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Id - 4, PolicyMapSpecs.IdTag));
        code.LookupIn(R0, Frame.Id - 8);
        code.Builder.JumpIf(JumpOperation.Equal, R0, 0, unknown).Add(
            Instructions.Load(MemorySize.Word, R1, R0, 0),
            Instructions.Store(MemorySize.Word, R10, Frame.Key, R1));
    }

    /// <summary>A number of the id, through r2.</summary>
    private void LoadNumber(IdField field, Register register)
    {
        for (int i = 0; i < field.Bytes; i++)
        {
            if (i > 0)
            {
                code.Builder.Add(Instructions.Alu64(AluOperation.ShiftLeft, register, 8));
            }

            code.Builder.Add(Instructions.Load(MemorySize.Byte, i == 0 ? register : R2, R10, (short)(Frame.Id + field.At + i)));
            if (i > 0)
            {
                code.Builder.Add(Instructions.Alu64(AluOperation.Or, register, R2));
            }
        }

        if (field.Shift > 0)
        {
            code.Builder.Add(Instructions.Alu64(AluOperation.ShiftRight, register, field.Shift));
        }
    }
}
