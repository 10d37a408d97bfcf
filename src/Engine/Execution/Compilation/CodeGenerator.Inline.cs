using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>This part writes the helpers that are done in line, and references to the rows that lookups find.</summary>
internal sealed partial class CodeGenerator
{
    private readonly Dictionary<Value, LocalBuilder> _references = [];
    private readonly Dictionary<int, LocalBuilder> _slotErrors = [];
    private LocalBuilder? _key;
    private LocalBuilder? _row;

    /// <summary>The first of a map's slot errors.</summary>
    internal static readonly MethodInfo FirstError = typeof(MemoryMarshal).GetMethods().Single(static method => method is { Name: nameof(MemoryMarshal.GetArrayDataReference), IsGenericMethod: true })
        .MakeGenericMethod(typeof(int));

    private LocalBuilder ReferenceTo(Value value)
    {
        if (!_references.TryGetValue(value, out LocalBuilder? local))
        {
            local = _il.DeclareLocal(typeof(byte).MakeByRefType());
            _references.Add(value, local);
        }

        return local;
    }

    // A lookup that its block's comparison with null follows at once jumps there itself.
    private static Value? LookupBeforeTest(ValueBlock block)
    {
        if (block.Block.End != BlockEnd.Branch || !block.IsNullTest || block.Left!.Root() is not { Kind: ValueKind.Lookup } lookup)
        {
            return null;
        }

        for (int i = block.Values.Count - 1; i >= 0; i--)
        {
            Value value = block.Values[i];
            if (ReferenceEquals(value, lookup))
            {
                return lookup;
            }

            if (!value.IsPure || (value.NeedsLocal && value.IsNeeded))
            {
                return null;
            }
        }

        return null;
    }

    private void WriteLookup(Value lookup)
    {
        Label miss = _il.DefineLabel();
        Label done = _il.DefineLabel();
        WriteLookup(lookup, miss);
        _il.Emit(OpCodes.Br, done);
        _il.MarkLabel(miss);
        WriteMiss(lookup);
        _il.MarkLabel(done);
    }

    private void WriteLookupAndTest(ValueBlock block, Value lookup)
    {
        bool missIsNext = block.Comparison != Operation.EqualImmediate64;
        Label miss = _il.DefineLabel();
        BasicBlock found = block.Block.Successors[missIsNext ? 1 : 0];
        BasicBlock missing = block.Block.Successors[missIsNext ? 0 : 1];
        WriteLookup(lookup, miss);
        _il.Emit(OpCodes.Br, _labels[found]);
        _cold.Add(() =>
        {
            _il.MarkLabel(miss);
            WriteMiss(lookup);
            _il.Emit(OpCodes.Br, _labels[missing]);
        });
    }

    private void WriteMiss(Value lookup)
    {
        if (lookup.NeedsReference)
        {
            _il.Emit(OpCodes.Ldc_I4_0);
            _il.Emit(OpCodes.Conv_U);
            _il.Emit(OpCodes.Stloc, ReferenceTo(lookup));
        }

        if (lookup.NeedsLocal)
        {
            Number(0L);
            _il.Emit(OpCodes.Stloc, Local(lookup));
        }
    }

    private void WriteLookup(Value lookup, Label miss)
    {
        BpfMap map = _prepared.Program.Maps[lookup.Map];
        bool perCpu = map.Spec.Type == MapType.PerCpuArray;
        _key ??= _il.DeclareLocal(typeof(uint));
        Tested(lookup.Arguments[0], narrow: true);
        _il.Emit(OpCodes.Stloc, _key);
        LocalBuilder row = _key;
        if (perCpu)
        {
            // The helper refuses a CPU that the map was not made for.
            row = _row ??= _il.DeclareLocal(typeof(uint));
            Machine();
            _il.Emit(OpCodes.Call, Members.CurrentCpu);
            _il.Emit(OpCodes.Stloc, row);
            _il.Emit(OpCodes.Ldloc, row);
            _il.Emit(OpCodes.Ldc_I4, map.CpuCount);
            _il.Emit(OpCodes.Bge_Un, ExitTo(lookup.State!, lookup.Block));
        }

        if (ValueAnalysis.Of(lookup.Arguments[0]).Max >= (uint)map.Spec.MaxEntries)
        {
            _il.Emit(OpCodes.Ldloc, _key);
            _il.Emit(OpCodes.Ldc_I4, map.Spec.MaxEntries);
            _il.Emit(OpCodes.Bge_Un, miss);
        }

        if (perCpu)
        {
            _il.Emit(OpCodes.Ldloc, _key);
            _il.Emit(OpCodes.Ldc_I4, map.CpuCount);
            _il.Emit(OpCodes.Mul);
            _il.Emit(OpCodes.Ldloc, row);
            _il.Emit(OpCodes.Add);
            _il.Emit(OpCodes.Stloc, row);
        }

        if (lookup.NeedsReference)
        {
            MapBytes(lookup.Map);
            Index(lookup, row);
            _il.Emit(OpCodes.Ldc_I4, map.Values.RowStride);
            _il.Emit(OpCodes.Conv_I);
            _il.Emit(OpCodes.Mul);
            _il.Emit(OpCodes.Add);
            _il.Emit(OpCodes.Stloc, ReferenceTo(lookup));
        }

        if (lookup.NeedsLocal)
        {
            _il.Emit(OpCodes.Ldloc, row);
            _il.Emit(OpCodes.Conv_U8);
            RowToAddress(lookup.Map, map);
            _il.Emit(OpCodes.Stloc, Local(lookup));
        }
    }

    private void RowToAddress(int index, BpfMap map)
    {
        _il.Emit(OpCodes.Ldc_I4, map.Values.RowShift);
        _il.Emit(OpCodes.Shl);
        Number((long)ValuesAddress((uint)index));
        _il.Emit(OpCodes.Add);
    }

    // The address of what a lookup found, from the reference to it.
    private void AddressFromReference(Value lookup)
    {
        BpfMap map = _prepared.Program.Maps[lookup.Map];
        Label none = _il.DefineLabel();
        Label done = _il.DefineLabel();
        _il.Emit(OpCodes.Ldloc, ReferenceTo(lookup));
        _il.Emit(OpCodes.Conv_U);
        _il.Emit(OpCodes.Brfalse, none);
        _il.Emit(OpCodes.Ldloc, ReferenceTo(lookup));
        MapBytes(lookup.Map);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Conv_I8);
        Number((long)map.Values.RowStride);
        _il.Emit(OpCodes.Div_Un);
        RowToAddress(lookup.Map, map);
        _il.Emit(OpCodes.Stloc, _address ??= _il.DeclareLocal(typeof(ulong)));
        _il.Emit(OpCodes.Br, done);
        _il.MarkLabel(none);
        Number(0L);
        _il.Emit(OpCodes.Stloc, _address);
        _il.MarkLabel(done);
        _il.Emit(OpCodes.Ldloc, _address);
    }

    // Leaves the reference that a pointer to a row is, or is made from.
    private void RowReference(Value pointer)
    {
        Value value = pointer.Root();
        switch (value.Kind)
        {
            case ValueKind.Lookup or ValueKind.Phi:
                _il.Emit(OpCodes.Ldloc, ReferenceTo(value));
                return;
            case ValueKind.Arithmetic:
                bool first = ValueAnalysis.Of(value.Arguments[0]).Place is not null;
                Value offset = value.Arguments[first ? 1 : 0].Root();
                RowReference(value.Arguments[first ? 0 : 1]);
                if (offset.Kind == ValueKind.Constant)
                {
                    _il.Emit(OpCodes.Ldc_I4, (int)offset.Constant);
                }
                else
                {
                    Wide(offset);
                }

                _il.Emit(OpCodes.Conv_I);
                _il.Emit(value.Operation == Operation.AddImmediate64 ? OpCodes.Add : OpCodes.Sub);
                return;
            default:
                _il.Emit(OpCodes.Ldc_I4_0);
                _il.Emit(OpCodes.Conv_U);
                return;
        }
    }

    // Helper 82 as SlotSelection does it.
    private void WriteSelect(Value select)
    {
        LocalBuilder errors = _il.DeclareLocal(typeof(int[]));
        _key ??= _il.DeclareLocal(typeof(uint));
        LocalBuilder error = _row ??= _il.DeclareLocal(typeof(uint));
        Label none = _il.DefineLabel();
        Label refused = _il.DefineLabel();
        Label done = _il.DefineLabel();
        SlotErrors(select.Map);
        _il.Emit(OpCodes.Stloc, errors);
        Value key = select.Arguments[0];
        if (!key.Root().IsIndex)
        {
            Narrow(key);
            _il.Emit(OpCodes.Stloc, _key);
        }

        Slot();
        _il.Emit(OpCodes.Ldloc, errors);
        _il.Emit(OpCodes.Ldlen);
        _il.Emit(OpCodes.Conv_I4);
        _il.Emit(OpCodes.Bge_Un, none);
        _il.Emit(OpCodes.Ldloc, errors);
        _il.Emit(OpCodes.Call, FirstError);
        Index(select, _key);
        _il.Emit(OpCodes.Ldc_I4, sizeof(int));
        _il.Emit(OpCodes.Conv_I);
        _il.Emit(OpCodes.Mul);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Ldind_I4);
        _il.Emit(OpCodes.Stloc, error);
        _il.Emit(OpCodes.Ldloc, error);
        _il.Emit(OpCodes.Brtrue, refused);
        Select(Slot);
        Result(() => Number(0L));
        _il.MarkLabel(done);
        _cold.Add(() =>
        {
            _il.MarkLabel(none);
            _il.Emit(OpCodes.Ldc_I4, (int)Errno.ENOENT);
            _il.Emit(OpCodes.Stloc, error);
            _il.MarkLabel(refused);
            Result(() =>
            {
                _il.Emit(OpCodes.Ldloc, error);
                _il.Emit(OpCodes.Conv_U8);
                _il.Emit(OpCodes.Neg);
            });
            _il.Emit(OpCodes.Br, done);
        });

        void Slot()
        {
            if (key.Root().IsIndex)
            {
                Narrow(key);
            }
            else
            {
                _il.Emit(OpCodes.Ldloc, _key);
            }
        }

        void Result(Action number)
        {
            if (select.NeedsLocal)
            {
                number();
                Convert(fromNarrow: false, select.IsWide);
                _il.Emit(OpCodes.Stloc, Local(select));
            }
        }
    }

    // Leaves the row or the slot as an offset counts it: the number in the local, or the key itself where that is extended already.
    private void Index(Value call, LocalBuilder local)
    {
        Value key = call.Arguments[0].Root();
        _il.Emit(OpCodes.Ldloc, key.IsIndex && ReferenceEquals(local, _key) ? Local(key) : local);
        _il.Emit(OpCodes.Conv_U);
    }

    private void WriteCpu(Value cpu)
    {
        Machine();
        _il.Emit(OpCodes.Call, Members.CurrentCpu);
        Convert(fromNarrow: true, cpu.IsWide);
        _il.Emit(OpCodes.Stloc, Local(cpu));
    }
}
