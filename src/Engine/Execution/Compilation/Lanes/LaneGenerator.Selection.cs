using System.Reflection.Emit;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>This part writes helper 82 as <see cref="SlotSelection"/> does it.</summary>
internal sealed partial class LaneGenerator
{
    private readonly Dictionary<int, SlotTable> _tables = [];

    private sealed record SlotTable(LocalBuilder Errors, LocalBuilder Count, LocalBuilder HasErrors);

    private void WriteSlotTables()
    {
        foreach (int map in _plan.Needed.Where(value => value.Kind == ValueKind.Select).Select(select => select.Map).Distinct())
        {
            SlotTable table = new(_il.DeclareLocal(typeof(int).MakeByRefType(), pinned: true), _il.DeclareLocal(_words), _il.DeclareLocal(typeof(bool)));
            _tables.Add(map, table);
            CallForMap(Members.SlotErrors, map);
            _il.Emit(OpCodes.Call, CodeGenerator.FirstError);
            _il.Emit(OpCodes.Stloc, table.Errors);
            CallForMap(Members.SlotErrors, map);
            _il.Emit(OpCodes.Ldlen);
            _il.Emit(OpCodes.Conv_I4);
            Call("Create", typeof(uint));
            _il.Emit(OpCodes.Stloc, table.Count);
            CallForMap(LaneMembers.HasSlotErrors, map);
            _il.Emit(OpCodes.Stloc, table.HasErrors);
            _selected ??= _il.DeclareLocal(_words);
        }
    }

    private void CallForMap(System.Reflection.MethodInfo method, int map)
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldc_I4, map);
        _il.Emit(OpCodes.Call, method);
    }

    private void WriteSelect(Value select)
    {
        SlotTable table = _tables[select.Map];
        Push(select.Arguments[0], Part.Whole);
        LocalBuilder key = Keep(_words);
        _il.Emit(OpCodes.Ldloc, key);
        _il.Emit(OpCodes.Ldloc, table.Count);
        Call("LessThan", _words, _words);
        LocalBuilder known = Keep(_words);
        LocalBuilder error = _il.DeclareLocal(_words);
        Label someRefuse = _il.DefineLabel();
        Label done = _il.DefineLabel();
        _il.Emit(OpCodes.Ldloc, table.HasErrors);
        _il.Emit(OpCodes.Brtrue, someRefuse);
        PushNumber((int)Errno.ENOENT, Part.Whole);
        _il.Emit(OpCodes.Ldloc, known);
        Call("AndNot", _words, _words);
        _il.Emit(OpCodes.Stloc, error);
        _il.Emit(OpCodes.Br, done);
        _il.MarkLabel(someRefuse);
        GatherErrors(table, key, known);
        _il.Emit(OpCodes.Stloc, error);
        _il.MarkLabel(done);

        _il.Emit(OpCodes.Ldloc, error);
        PushNumber(0, Part.Whole);
        Call("Equals", _words, _words);
        if (MaskOf(select.Block) is LocalBuilder mask)
        {
            _il.Emit(OpCodes.Ldloc, mask);
            Call("BitwiseAnd", _words, _words);
        }

        _il.Emit(OpCodes.Ldloc, key);
        _il.Emit(OpCodes.Ldloc, _selected!);
        Call("ConditionalSelect", _words, _words, _words);
        _il.Emit(OpCodes.Stloc, _selected!);
        Set(select, !select.IsWide, part =>
        {
            _il.Emit(OpCodes.Ldloc, error);
            Widen(part);
            Call("Negate", Vector(part));
        });
    }

    // Eight at a time; a key beyond the table is not looked up, and stays at what it is refused with.
    private void GatherErrors(SlotTable table, LocalBuilder key, LocalBuilder known)
    {
        bool inHalves = _plan.Lanes > Lanes256.Count;
        foreach (string half in inHalves ? (ReadOnlySpan<string>)["GetLower", "GetUpper"] : [""])
        {
            _il.Emit(OpCodes.Ldc_I4, (int)Errno.ENOENT);
            _il.Emit(OpCodes.Call, VectorMethods.For8.Find("Create", typeof(int)));
            _il.Emit(OpCodes.Ldloc, table.Errors);
            _il.Emit(OpCodes.Conv_U);
            foreach (LocalBuilder vector in (ReadOnlySpan<LocalBuilder>)[key, known])
            {
                _il.Emit(OpCodes.Ldloc, vector);
                if (inHalves)
                {
                    Call(half, _words);
                }

                _il.Emit(OpCodes.Call, VectorMethods.For8.Find("AsInt32", typeof(Vector256<uint>)));
            }

            _il.Emit(OpCodes.Ldc_I4_4);
            _il.Emit(OpCodes.Call, LaneMembers.Gather);
            _il.Emit(OpCodes.Call, VectorMethods.For8.Find("AsUInt32", typeof(Vector256<int>)));
        }

        if (inHalves)
        {
            CallOwn(nameof(Lanes512.Join));
        }
    }

    private static class LaneMembers
    {
        public static readonly System.Reflection.MethodInfo HasSlotErrors =
            typeof(Machine).GetMethod(nameof(Machine.HasSlotErrors), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;

        public static readonly System.Reflection.MethodInfo Gather = typeof(Avx2).GetMethod(
            nameof(Avx2.GatherMaskVector256), [typeof(Vector256<int>), typeof(int).MakePointerType(), typeof(Vector256<int>), typeof(Vector256<int>), typeof(byte)])!;
    }
}
