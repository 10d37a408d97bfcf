using System.Reflection;
using System.Reflection.Emit;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>This part writes what stands before the blocks: references to the program's memory, and limits.</summary>
internal sealed partial class CodeGenerator
{
    // References to the memory of the program, and the numbers that guards compare with.
    private void WriteBases()
    {
        HashSet<PlaceKind> kinds = [];
        SortedSet<int> maps = [];
        SortedSet<int> selections = [];
        SortedSet<(PlaceKind Kind, int Size, bool Write)> limits = [];
        foreach (Value value in _prepared.Blocks.SelectMany(block => block.Values))
        {
            if (value.Kind == ValueKind.Load && value.Place is { Kind: PlaceKind.Packet })
            {
                limits.Add((PlaceKind.Packet, 0, false));
            }

            if (value.Kind == ValueKind.Lookup && value.IsNeeded)
            {
                maps.Add(value.Map);
            }

            if (value.Kind == ValueKind.Select)
            {
                selections.Add(value.Map);
            }

            if (!value.IsNeeded || value.Kind is not (ValueKind.Load or ValueKind.Store or ValueKind.Atomic) || value.Mode == AccessMode.Search)
            {
                continue;
            }

            Place place = ValueAnalysis.Of(value.Arguments[0]).Place!;
            kinds.Add(place.Kind);
            if (place.Kind == PlaceKind.Value)
            {
                maps.Add(place.Map);
            }

            if (value.Mode == AccessMode.Guarded)
            {
                limits.Add((place.Kind, value.Size, value.Kind != ValueKind.Load));
            }
        }

        if (kinds.Contains(PlaceKind.Stack) || _prepared.Plan.Cleared.Count > 0)
        {
            Call(Members.StackBytes, Base(PlaceKind.Stack));
        }

        if (kinds.Contains(PlaceKind.Context) && _form == CodeForm.Single)
        {
            Call(Members.ContextBytes, Base(PlaceKind.Context));
        }

        if (kinds.Contains(PlaceKind.Packet))
        {
            Call(Members.PacketBytes, Base(PlaceKind.Packet));
        }

        if (_form == CodeForm.Batch)
        {
            foreach (int map in maps)
            {
                LoadMapBytes(map);
                _il.Emit(OpCodes.Stloc, _mapBytes.TryGetValue(map, out LocalBuilder? local) ? local : _mapBytes[map] = _il.DeclareLocal(typeof(byte).MakeByRefType()));
            }

            foreach (int map in selections)
            {
                LoadSlotErrors(map);
                _il.Emit(OpCodes.Stloc, _slotErrors.TryGetValue(map, out LocalBuilder? local) ? local : _slotErrors[map] = _il.DeclareLocal(typeof(int[])));
            }
        }

        foreach ((PlaceKind kind, int size, bool write) in limits)
        {
            WriteLimit(kind, size, write);
        }
    }

    // Offsets below the limit are those at which an access of the size fits.
    private void WriteLimit(PlaceKind kind, int size, bool write)
    {
        LocalBuilder limit = _limits.TryGetValue((kind, size, write), out LocalBuilder? known) ? known : _limits[(kind, size, write)] = _il.DeclareLocal(typeof(long));
        if (kind == PlaceKind.Stack)
        {
            Number((long)(StackSize - size + 1));
        }
        else
        {
            Machine();
            _il.Emit(OpCodes.Call, (kind, write) switch
            {
                (PlaceKind.Context, false) => Members.ReadableContext,
                (PlaceKind.Context, true) => Members.WritableContext,
                (_, false) => Members.ReadablePacket,
                _ => Members.WritablePacket,
            });
            _il.Emit(OpCodes.Conv_I8);
            Number((long)(1 - size));
            _il.Emit(OpCodes.Add);
            Number(0L);
            _il.Emit(OpCodes.Call, typeof(Math).GetMethod(nameof(Math.Max), [typeof(long), typeof(long)])!);
        }

        _il.Emit(OpCodes.Stloc, limit);
    }

    // What a batch keeps, a single run fetches where it is wanted, which may be on none of its ways.
    private void MapBytes(int map)
    {
        if (_mapBytes.TryGetValue(map, out LocalBuilder? local))
        {
            _il.Emit(OpCodes.Ldloc, local);
        }
        else
        {
            LoadMapBytes(map);
        }
    }

    private void SlotErrors(int map)
    {
        if (_slotErrors.TryGetValue(map, out LocalBuilder? local))
        {
            _il.Emit(OpCodes.Ldloc, local);
        }
        else
        {
            LoadSlotErrors(map);
        }
    }

    private void LoadMapBytes(int map) => OfMap(map, Members.ValueBytes, BoundProgram.Members.ValueBytes);

    private void LoadSlotErrors(int map) => OfMap(map, Members.SlotErrors, BoundProgram.Members.SlotErrors);

    private void OfMap(int map, MethodInfo ofMachine, MethodInfo ofBound)
    {
        _il.Emit(_form == CodeForm.Bound ? OpCodes.Ldarg_0 : OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldc_I4, map);
        _il.Emit(OpCodes.Call, _form == CodeForm.Bound ? ofBound : ofMachine);
    }

    private LocalBuilder Base(PlaceKind kind) => kind switch
    {
        PlaceKind.Stack => _stack ??= _il.DeclareLocal(typeof(byte).MakeByRefType()),
        PlaceKind.Context => _context ??= _il.DeclareLocal(typeof(byte).MakeByRefType()),
        _ => _packet ??= _il.DeclareLocal(typeof(byte).MakeByRefType()),
    };
}
