using System.Reflection;
using System.Reflection.Emit;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>
/// Writes the batch form for lanes as IL: this part is the frame, the masks and the counts. Contexts are taken by as many as there are lanes; for the last of
/// them the lanes go back over some that are done, with the same outcome, and only those that are new are counted.
/// </summary>
internal sealed partial class LaneGenerator
{
    private readonly LanePlan _plan;
    private readonly ILGenerator _il;
    private readonly bool _counts;
    private readonly VectorMethods _vectors;
    private readonly Type _words;
    private readonly Type _doubles;
    private readonly LocalBuilder?[] _masks;
    private readonly LocalBuilder _context;
    private readonly LocalBuilder _stride;
    private LocalBuilder? _selected;

    private LaneGenerator(LanePlan plan, ILGenerator il, bool counts)
    {
        _plan = plan;
        _il = il;
        _counts = counts;
        _vectors = plan.Lanes == Lanes512.Count ? VectorMethods.For16 : VectorMethods.For8;
        _words = _vectors.Words;
        _doubles = _vectors.Doubles;
        _masks = new LocalBuilder?[plan.Blocks.Length];
        _context = il.DeclareLocal(typeof(byte).MakeByRefType());
        _stride = il.DeclareLocal(typeof(nint));
    }

    public static DynamicMethod Generate(LanePlan plan, bool counts)
    {
        Type[] parameters = [typeof(LoadedProgram), typeof(Machine), typeof(byte).MakeByRefType(), typeof(ulong).MakeByRefType(), typeof(int).MakeByRefType(), typeof(int)];
        DynamicMethod method = new("lanes", typeof(int), parameters, typeof(Machine), skipVisibility: true) { InitLocals = false };
        new LaneGenerator(plan, method.GetILGenerator(8192), counts).Write();
        return method;
    }

    private void Write()
    {
        LocalBuilder count = _il.DeclareLocal(typeof(int));
        LocalBuilder item = _il.DeclareLocal(typeof(int));
        LocalBuilder executed = _il.DeclareLocal(typeof(long));
        LocalBuilder fresh = _il.DeclareLocal(typeof(ulong));
        int[] lengths = LaneLengths.Of(_plan);
        Label loop = _il.DefineLabel();
        Label whole = _il.DefineLabel();
        Label end = _il.DefineLabel();
        OfMachine(Members.ItemCount);
        _il.Emit(OpCodes.Conv_I4);
        _il.Emit(OpCodes.Stloc, count);
        OfMachine(Members.ItemStride);
        _il.Emit(OpCodes.Stloc, _stride);

        // What all lanes go through is counted beforehand.
        _il.Emit(OpCodes.Ldloc, count);
        _il.Emit(OpCodes.Conv_I8);
        _il.Emit(OpCodes.Ldc_I8, (long)lengths[0]);
        _il.Emit(OpCodes.Mul);
        _il.Emit(OpCodes.Stloc, executed);
        _il.Emit(OpCodes.Ldc_I8, -1L);
        _il.Emit(OpCodes.Stloc, fresh);
        _il.Emit(OpCodes.Ldc_I4_0);
        _il.Emit(OpCodes.Stloc, item);
        WriteSlotTables();
        WriteRowBases();

        _il.MarkLabel(loop);
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldloc, item);
        _il.Emit(OpCodes.Conv_I);
        _il.Emit(OpCodes.Ldloc, _stride);
        _il.Emit(OpCodes.Mul);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _context);
        if (_selected is not null)
        {
            PushNumber(uint.MaxValue, Part.Whole);
            _il.Emit(OpCodes.Stloc, _selected);
        }

        WriteBlocks();
        if (_counts)
        {
            WriteCounts(lengths, executed, fresh);
        }

        WriteResults(item);
        WriteSlots(item);

        _il.Emit(OpCodes.Ldloc, item);
        _il.Emit(OpCodes.Ldc_I4, _plan.Lanes);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, item);
        _il.Emit(OpCodes.Ldloc, item);
        _il.Emit(OpCodes.Ldloc, count);
        _il.Emit(OpCodes.Bge, end);
        _il.Emit(OpCodes.Ldloc, item);
        LastItems(count);
        _il.Emit(OpCodes.Ble, loop);
        _il.Emit(OpCodes.Ldc_I8, -1L);
        _il.Emit(OpCodes.Ldloc, item);
        LastItems(count);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Shl);
        _il.Emit(OpCodes.Stloc, fresh);
        LastItems(count);
        _il.Emit(OpCodes.Stloc, item);
        _il.Emit(OpCodes.Br, loop);

        _il.MarkLabel(end);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldloc, executed);
        _il.Emit(OpCodes.Stfld, Members.Executed);
        _il.Emit(OpCodes.Ldloc, count);
        _il.Emit(OpCodes.Ret);
    }

    // Index of the first of as many items as there are lanes, at the batch's end.
    private void LastItems(LocalBuilder count)
    {
        _il.Emit(OpCodes.Ldloc, count);
        _il.Emit(OpCodes.Ldc_I4, _plan.Lanes);
        _il.Emit(OpCodes.Sub);
    }

    private void WriteBlocks()
    {
        foreach (ValueBlock block in _plan.Blocks)
        {
            WriteMask(block.Block);
            foreach (Value phi in block.Phis)
            {
                if (_plan.Needed.Contains(phi))
                {
                    WritePhi(phi);
                }
            }

            foreach (Value value in block.Values)
            {
                if (_plan.Needed.Contains(value))
                {
                    Write(value);
                }
            }

            if (block.Block.Successors.Count > 1)
            {
                WriteBranch(block);
            }
        }
    }

    // A block behind a branch has its mask from there; null means all lanes.
    private LocalBuilder? MaskOf(BasicBlock block) => _masks[_plan.MaskOf[block.Order]];

    private void WriteMask(BasicBlock block)
    {
        if (_plan.MaskOf[block.Order] != block.Order || block.Predecessors.Count < 2)
        {
            return;
        }

        LocalBuilder mask = _il.DeclareLocal(_words);
        _il.Emit(OpCodes.Ldloc, MaskOf(block.Predecessors[0])!);
        for (int i = 1; i < block.Predecessors.Count; i++)
        {
            _il.Emit(OpCodes.Ldloc, MaskOf(block.Predecessors[i])!);
            Call("BitwiseOr", _words, _words);
        }

        _il.Emit(OpCodes.Stloc, mask);
        _masks[block.Order] = mask;
    }

    private void WriteBranch(ValueBlock block)
    {
        LocalBuilder condition = _il.DeclareLocal(_words);
        Compare(block);
        _il.Emit(OpCodes.Stloc, condition);
        LocalBuilder? mask = MaskOf(block.Block);
        for (int taken = 0; taken < 2; taken++)
        {
            LocalBuilder way = _il.DeclareLocal(_words);
            if (mask is not null)
            {
                _il.Emit(OpCodes.Ldloc, mask);
            }

            _il.Emit(OpCodes.Ldloc, condition);
            switch (mask is null, taken)
            {
                case (true, 0):
                    Call("OnesComplement", _words);
                    break;
                case (false, 0):
                    Call("AndNot", _words, _words);
                    break;
                case (false, 1):
                    Call("BitwiseAnd", _words, _words);
                    break;
            }

            _il.Emit(OpCodes.Stloc, way);
            _masks[block.Block.Successors[taken].Order] = way;
        }
    }

    private void WriteCounts(int[] lengths, LocalBuilder executed, LocalBuilder fresh)
    {
        for (int i = 1; i < lengths.Length; i++)
        {
            if (lengths[i] == 0)
            {
                continue;
            }

            _il.Emit(OpCodes.Ldloc, executed);
            _il.Emit(OpCodes.Ldloc, _masks[i]!);
            Call("ExtractMostSignificantBits", _words);
            _il.Emit(OpCodes.Conv_U8);
            _il.Emit(OpCodes.Ldloc, fresh);
            _il.Emit(OpCodes.And);
            _il.Emit(OpCodes.Call, typeof(ulong).GetMethod(nameof(ulong.PopCount))!);
            _il.Emit(OpCodes.Ldc_I8, (long)lengths[i]);
            _il.Emit(OpCodes.Mul);
            _il.Emit(OpCodes.Add);
            _il.Emit(OpCodes.Stloc, executed);
        }
    }

    private void WriteResults(LocalBuilder item)
    {
        foreach (Part half in (ReadOnlySpan<Part>)[Part.Lower, Part.Upper])
        {
            bool isFirst = true;
            foreach (ValueBlock block in _plan.Blocks.Where(block => block.Block.Successors.Count == 0))
            {
                if (isFirst)
                {
                    Push(block.Left!, half);
                }
                else
                {
                    LocalBuilder others = _il.DeclareLocal(_doubles);
                    _il.Emit(OpCodes.Stloc, others);
                    PushMask(MaskOf(block.Block)!, half);
                    Push(block.Left!, half);
                    _il.Emit(OpCodes.Ldloc, others);
                    Call("ConditionalSelect", _doubles, _doubles, _doubles);
                }

                isFirst = false;
            }

            _il.Emit(OpCodes.Ldarg_3);
            _il.Emit(OpCodes.Ldloc, item);
            if (half == Part.Upper)
            {
                _il.Emit(OpCodes.Ldc_I4, _plan.Lanes / 2);
                _il.Emit(OpCodes.Add);
            }

            _il.Emit(OpCodes.Conv_U);
            Call("StoreUnsafe", _doubles, typeof(ulong).MakeByRefType(), typeof(nuint));
        }
    }

    private void WriteSlots(LocalBuilder item)
    {
        if (_selected is null)
        {
            PushNumber(uint.MaxValue, Part.Whole);
        }
        else
        {
            _il.Emit(OpCodes.Ldloc, _selected);
        }

        _il.Emit(OpCodes.Ldarg, 4);
        _il.Emit(OpCodes.Ldloc, item);
        _il.Emit(OpCodes.Conv_U);
        Call("StoreUnsafe", _words, typeof(uint).MakeByRefType(), typeof(nuint));
    }

    private void OfMachine(FieldInfo field)
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldfld, field);
    }

    private void CallMachine(MethodInfo method)
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Call, method);
    }

    private void Call(string name, params ReadOnlySpan<Type> parameters) => _il.Emit(OpCodes.Call, _vectors.Find(name, parameters));

    private void CallOwn(string name, Type? first = null) => _il.Emit(OpCodes.Call, _vectors.FindOwn(name, first));
}
