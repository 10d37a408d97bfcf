using System.Numerics;
using System.Reflection.Emit;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>This part writes lookups, and loads from the context and from rows.</summary>
internal sealed partial class LaneGenerator
{
    private readonly Dictionary<int, LocalBuilder> _mapBytes = [];
    private readonly Dictionary<Value, Row> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(Value? Lookup, int Window), LocalBuilder[]> _windows = [];

    // Where a lookup's row begins, the first row's for what is not found, and which lanes found one.
    private sealed record Row(LocalBuilder Offset, LocalBuilder Found);

    private void WriteRowBases()
    {
        foreach (int map in _plan.Needed.Where(value => value.Kind == ValueKind.Lookup).Select(lookup => lookup.Map).Distinct())
        {
            CallForMap(Members.ValueBytes, map);
            _mapBytes.Add(map, Keep(typeof(byte).MakeByRefType()));
        }
    }

    private void WriteLookup(Value lookup)
    {
        Push(lookup.Arguments[0], Part.Whole);
        LocalBuilder key = Keep(_words);
        _il.Emit(OpCodes.Ldloc, key);
        PushNumber((uint)_plan.MapOf(lookup).MaxEntries, Part.Whole);
        Call("LessThan", _words, _words);
        LocalBuilder found = Keep(_words);
        _il.Emit(OpCodes.Ldloc, key);
        _il.Emit(OpCodes.Ldloc, found);
        Call("BitwiseAnd", _words, _words);
        LocalBuilder index = Keep(_words);
        _il.Emit(OpCodes.Ldloc, index);
        int stride = _plan.StrideOf(lookup);
        if (BitOperations.IsPow2(stride))
        {
            Shift("ShiftLeft", _words, BitOperations.Log2((uint)stride));
        }
        else
        {
            PushNumber((uint)stride, Part.Whole);
            Call("Multiply", _words, _words);
        }

        _rows.Add(lookup, new Row(Keep(_words), found));

        // The address, for those that take it for a number.
        Set(lookup, narrow: false, part =>
        {
            _il.Emit(OpCodes.Ldloc, index);
            Widen(part);
            Shift("ShiftLeft", _doubles, _plan.ShiftOf(lookup));
            PushNumber(ValuesAddress((uint)lookup.Map), part);
            Call("Add", _doubles, _doubles);
            PushMask(found, part);
            Call("BitwiseAnd", _doubles, _doubles);
        });
    }

    private void WriteLoad(Value load)
    {
        Value? lookup = LanePlan.LookupOf(load);
        int offset = LanePlan.OffsetOf(load);
        int start = LaneWords.StartOf(offset, load.Size);
        int first = offset - start;
        if (load.Size == LaneWords.DoubleSize)
        {
            Set(load, !load.IsWide, part => LoadDouble(lookup, start, part));
            return;
        }

        bool signed = load.Operation >= Operation.LoadSigned8;
        Set(load, !signed || !load.IsWide, part =>
        {
            LoadWord(lookup, start);
            if (signed)
            {
                ExtendSign(first, load.Size);
                SignExtend(part);
            }
            else
            {
                Shift("ShiftRightLogical", _words, first * 8);
                if (first + load.Size < 4)
                {
                    Mask(load.Size);
                }
            }
        });
    }

    private bool IsDouble(Value? lookup) => lookup is not null && !_plan.RowWords.ContainsKey(lookup);

    private void LoadDouble(Value? lookup, int start, Part part)
    {
        if (part == Part.Whole)
        {
            LoadWord(lookup, start);
            return;
        }

        if (IsDouble(lookup))
        {
            _il.Emit(OpCodes.Ldloc, Window(lookup, 0)[part == Part.Lower ? 0 : 1]);
            return;
        }

        LoadWord(lookup, start);
        Widen(part);
        LoadWord(lookup, start + 4);
        Widen(part);
        Shift("ShiftLeft", _doubles, 32);
        Call("BitwiseOr", _doubles, _doubles);
    }

    private void LoadWord(Value? lookup, int start)
    {
        if (IsDouble(lookup))
        {
            foreach (LocalBuilder half in Window(lookup, 0))
            {
                _il.Emit(OpCodes.Ldloc, half);
                Shift("ShiftRightLogical", _doubles, start * 8);
            }

            Call("Narrow", _doubles, _doubles);
            return;
        }

        (int window, int index) = WordsOf(lookup).Find(start);
        _il.Emit(OpCodes.Ldloc, Window(lookup, window)[index]);
    }

    private LaneWords WordsOf(Value? lookup) => lookup is null ? _plan.Words : _plan.RowWords[lookup];

    // Loaded where it is first wanted: what comes later in the program comes later in all lanes.
    private LocalBuilder[] Window(Value? lookup, int window)
    {
        if (_windows.TryGetValue((lookup, window), out LocalBuilder[]? loaded))
        {
            return loaded;
        }

        bool isDouble = IsDouble(lookup);
        loaded = [.. Enumerable.Range(0, isDouble ? 2 : 4).Select(_ => _il.DeclareLocal(isDouble ? _doubles : _words))];
        _windows.Add((lookup, window), loaded);
        _il.Emit(OpCodes.Ldloc, lookup is null ? _context : _mapBytes[lookup.Map]);
        if (!isDouble)
        {
            _il.Emit(OpCodes.Ldc_I4, WordsOf(lookup).Windows[window]);
            _il.Emit(OpCodes.Add);
        }

        _il.Emit(OpCodes.Ldloc, lookup is null ? _stride : _rows[lookup].Offset);
        foreach (LocalBuilder local in loaded)
        {
            _il.Emit(OpCodes.Ldloca, local);
        }

        CallOwn(lookup is null ? nameof(Lanes512.Load) : isDouble ? nameof(Lanes512.LoadDoubles) : nameof(Lanes512.LoadRows));
        return loaded;
    }

    // What is on the stack as unsigned 32 bits, to the part.
    private void Widen(Part part)
    {
        if (part != Part.Whole)
        {
            Call(part == Part.Lower ? "WidenLower" : "WidenUpper", _words);
        }
    }
}
