using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>The code around a flow table. An entry is u32 slot, u32 generation of the seat, u64 time of the last packet.</summary>
internal sealed class StickyCode(PolicyCode code, int flows, int seats, int keepsFirst, StickyFlows sticky, CounterLayout counters)
{
    internal const short SlotAt = 0;
    internal const short GenerationAt = 4;
    internal const short TimeAt = 8;

    /// <summary>BPF_NOEXIST, and what an update with it answers where there is an entry.</summary>
    private const int NoExist = 1;
    private const int Exists = -17;

    /// <summary>Selects the slot of a flow that the table knows; falls through for others. An entry that no longer counts is taken out.</summary>
    public void EmitLookup(Label selected)
    {
        Label fresh = code.NewLabel("flow is new");
        Label gone = code.NewLabel("flow is gone");
        Label recent = code.NewLabel("flow is recent");
        Label hit = code.NewLabel("flow is known");
        code.StoreFlowKey();
        Lookup();
        code.Builder.JumpIf(JumpOperation.Equal, R0, 0, fresh).Add(Instructions.Move(R9, R0));
        EmitKeeps(gone);
        code.Builder.Add(
            Instructions.CallHelper(HelperId.KtimeGetNanoseconds),
            Instructions.Load(MemorySize.DoubleWord, R1, R9, TimeAt),
            Instructions.Move(R2, R0),
            Instructions.Alu64(AluOperation.Subtract, R2, R1));

        // Another CPU may have been later with its entry than this one with its clock.
        JumpIfOlder(sticky.RefreshNanoseconds, recent, isYounger: true);
        JumpIfOlder(sticky.IdleNanoseconds, gone, isYounger: false);
        code.Builder.Add(Instructions.Store(MemorySize.DoubleWord, R9, TimeAt, R0)).Mark(recent);
        code.Select(seats, hit);
        code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        code.Mark(gone);
        code.Builder.Add(
            Instructions.LoadMap(R1, flows),
            Instructions.Move(R2, R10),
            Instructions.Alu64(AluOperation.Add, R2, Frame.FlowKey),
            Instructions.CallHelper(HelperId.MapDeleteElement));
        code.Count(counters.Find(CounterKind.StickyRemove));
        code.Jump(fresh);
        code.Mark(hit);
        code.Count(counters.Find(CounterKind.StickyHit));
        code.Jump(selected);
        code.Mark(fresh);
    }

    /// <summary>Puts the flow, whose slot was just selected, into the table. Another CPU may have been faster: then its slot counts.</summary>
    /// <param name="hasFlags">Whether there may be segments that open no flow.</param>
    /// <param name="selected">Where to go on.</param>
    public void EmitCreate(bool hasFlags, Label selected)
    {
        Label created = code.NewLabel("flow put in");
        Label raced = code.NewLabel("flow was put in");
        Label own = code.NewLabel("own slot");
        Label hit = code.NewLabel("slot of the other");
        if (hasFlags)
        {
            code.JumpUnlessOpening(selected);
        }

        code.Builder.Add(
            Instructions.Load(MemorySize.Word, R1, R10, Frame.Key),
            Instructions.Store(MemorySize.Word, R10, Frame.Value + SlotAt, R1),
            Instructions.Alu32(AluOperation.Add, R1, keepsFirst),
            Instructions.Store(MemorySize.Word, R10, Frame.First, R1));
        code.LookupIn(R8, Frame.First);
        code.Builder.JumpIf(JumpOperation.Equal, R0, 0, selected)
            .Add(Instructions.Load(MemorySize.Word, R1, R0, 0))
            .JumpIf32(JumpOperation.Equal, R1, 0, selected)
            .Add(
                Instructions.Store(MemorySize.Word, R10, Frame.Value + GenerationAt, R1),
                Instructions.CallHelper(HelperId.KtimeGetNanoseconds),
                Instructions.Store(MemorySize.DoubleWord, R10, Frame.Value + TimeAt, R0),
                Instructions.LoadMap(R1, flows),
                Instructions.Move(R2, R10),
                Instructions.Alu64(AluOperation.Add, R2, Frame.FlowKey),
                Instructions.Move(R3, R10),
                Instructions.Alu64(AluOperation.Add, R3, Frame.Value),
                Instructions.MoveImmediate(R4, NoExist),
                Instructions.CallHelper(HelperId.MapUpdateElement))
            .JumpIf(JumpOperation.Equal, R0, 0, created)
            .JumpIf32(JumpOperation.Equal, R0, Exists, raced);
        code.Count(counters.Find(CounterKind.StickyError));
        code.Jump(selected);
        code.Mark(created);
        code.Count(counters.Find(CounterKind.StickyCreate));
        code.Jump(selected);

        code.Mark(raced);
        Lookup();
        code.Builder.JumpIf(JumpOperation.Equal, R0, 0, selected).Add(Instructions.Move(R9, R0));
        EmitKeeps(own);
        code.Select(seats, hit);
        code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        code.Mark(own);

        // The selection made before still counts, a failed one does not undo it.
        code.Builder.Add(
            Instructions.Load(MemorySize.Word, R1, R10, Frame.Value + SlotAt),
            Instructions.Store(MemorySize.Word, R10, Frame.Key, R1));
        code.Jump(selected);
        code.Mark(hit);
        code.Count(counters.Find(CounterKind.StickyHit));
        code.Jump(selected);
    }

    /// <summary>The key on the stack = the slot of the entry in r9, if the slot may keep flows and the same socket sits in it.</summary>
    private void EmitKeeps(Label gone)
    {
        code.Builder.Add(
            Instructions.Load(MemorySize.Word, R1, R9, SlotAt),
            Instructions.Store(MemorySize.Word, R10, Frame.Key, R1),
            Instructions.Alu32(AluOperation.Add, R1, keepsFirst),
            Instructions.Store(MemorySize.Word, R10, Frame.First, R1));
        code.LookupIn(R8, Frame.First);
        code.Builder.JumpIf(JumpOperation.Equal, R0, 0, gone)
            .Add(
                Instructions.Load(MemorySize.Word, R1, R0, 0),
                Instructions.Load(MemorySize.Word, R2, R9, GenerationAt))
            .JumpIf32(JumpOperation.NotEqual, R1, R2, gone);
    }

    /// <summary>Compares the age in r2.</summary>
    private void JumpIfOlder(ulong nanoseconds, Label target, bool isYounger)
    {
        JumpOperation operation = isYounger ? JumpOperation.SignedLessOrEqual : JumpOperation.SignedGreaterThan;
        if (nanoseconds <= int.MaxValue)
        {
            code.Builder.JumpIf(operation, R2, (int)nanoseconds, target);
        }
        else
        {
            code.Builder.Add(Instructions.LoadImmediate64(R1, nanoseconds)).JumpIf(operation, R2, R1, target);
        }
    }

    private void Lookup() => code.Builder.Add(
        Instructions.LoadMap(R1, flows),
        Instructions.Move(R2, R10),
        Instructions.Alu64(AluOperation.Add, R2, Frame.FlowKey),
        Instructions.CallHelper(HelperId.MapLookupElement));
}
