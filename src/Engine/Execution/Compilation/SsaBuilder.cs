using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Puts a program into static single assignment form.</summary>
internal sealed class SsaBuilder
{
    private readonly LoadedProgram _program;
    private readonly FlowGraph _graph;
    private readonly StackPlan _plan;
    private readonly Liveness _liveness;
    private readonly Specialization _specialization;
    private readonly int _firstSlot;
    private readonly Place[] _frames;
    private readonly Place[] _mapPlaces;
    private readonly Place[] _mapValues;
    private readonly Place[] _rows;
    private readonly Place _context = new(PlaceKind.Context, Machine.ContextAddress, 0);
    private Value[] _now = [];
    private ValueBlock _block = null!;
    private ulong[][] _live = [];

    private SsaBuilder(LoadedProgram program, FlowGraph graph, StackPlan plan, Specialization specialization)
    {
        _program = program;
        _graph = graph;
        _plan = plan;
        _specialization = specialization;
        _liveness = new Liveness(program, graph, plan);
        _firstSlot = Variables.Count(graph.Functions.Count);
        _frames = [.. graph.Functions.Select(function => new Place(PlaceKind.Stack, Machine.FrameTop(function.Depth) - Machine.StackSize, Machine.StackSize, function))];
        _mapPlaces = [.. program.Maps.Select((map, i) => new Place(PlaceKind.Map, Machine.MapAddress((uint)i), 0, Map: i))];
        _rows = [.. program.Maps.Select((map, i) => new Place(PlaceKind.Row, 0, map.Spec.ValueSize, Map: i))];
        _mapValues = [.. program.Maps.Select((map, i) => new Place(PlaceKind.Value, Machine.ValuesAddress((uint)i), map.Spec.ValueSize, Map: i))];
    }

    public static ValueBlock[] Build(LoadedProgram program, FlowGraph graph, StackPlan plan, Specialization specialization)
    {
        SsaBuilder builder = new(program, graph, plan, specialization);
        ValueBlock[] blocks = [.. graph.Blocks.Select(block => new ValueBlock(block))];
        foreach (ValueBlock block in blocks)
        {
            builder.Fill(block, blocks);
        }

        foreach (ValueBlock block in blocks)
        {
            foreach (Value phi in block.Phis)
            {
                phi.Arguments = [.. block.Block.Predecessors.Select(predecessor => blocks[predecessor.Order].Exit[phi.Variable])];
            }
        }

        DropTrivialPhis(blocks, static value => value.Resolve());
        return blocks;
    }

    /// <summary>Replaces phis that choose between one value and themselves.</summary>
    /// <param name="blocks">The program.</param>
    /// <param name="identity">What makes two values the same.</param>
    public static void DropTrivialPhis(ValueBlock[] blocks, Func<Value, Value> identity)
    {
        bool changed;
        do
        {
            changed = false;
            foreach (ValueBlock block in blocks)
            {
                for (int i = block.Phis.Count - 1; i >= 0; i--)
                {
                    Value phi = block.Phis[i];
                    Value? only = null;
                    bool trivial = true;
                    foreach (Value argument in phi.Arguments)
                    {
                        Value value = identity(argument);
                        if (ReferenceEquals(value, phi) || ReferenceEquals(value, only))
                        {
                            continue;
                        }

                        trivial &= only is null || IsSameConstant(only, value);
                        only ??= value;
                    }

                    if (trivial && only is not null)
                    {
                        phi.Same = only;
                        block.Phis.RemoveAt(i);
                        changed = true;
                    }
                }
            }
        }
        while (changed);
    }

    private static bool IsSameConstant(Value one, Value other) =>
        one.IsFixed && one.Kind == other.Kind && one.Constant == other.Constant && ReferenceEquals(one.Place, other.Place);

    private void Fill(ValueBlock block, ValueBlock[] blocks)
    {
        _block = block;
        BasicBlock basic = block.Block;
        _live = _liveness.Inside(basic);
        if (basic.Predecessors.Count == 0)
        {
            _now = AtStart();
        }
        else if (basic.Predecessors.Count == 1)
        {
            ValueBlock predecessor = blocks[basic.Predecessors[0].Order];
            _now = [.. predecessor.Exit];
            Refine(predecessor, basic);
        }
        else
        {
            // What is not live has no value here that anybody looks at.
            Value nothing = Constant(0);
            _now = new Value[_liveness.VariableCount];
            for (int variable = 0; variable < _now.Length; variable++)
            {
                _now[variable] = nothing;
                if (Liveness.Has(basic.LiveIn, variable))
                {
                    Value phi = new(ValueKind.Phi, basic) { Variable = variable };
                    block.Phis.Add(phi);
                    _now[variable] = phi;
                }
            }

            if (basic.IsLoopHeader)
            {
                block.State = StateAt(basic.First, basic.LiveIn);
            }
        }

        for (int i = basic.First; i < basic.Last; i++)
        {
            Translate(i);
        }

        switch (basic.End)
        {
            case BlockEnd.Interpret:
                block.State = StateAt(basic.Last, _live[^1]);
                break;
            case BlockEnd.Exit when basic.Successors.Count == 0:
                block.Left = _now[0];
                block.State = StateAt(basic.Last - 1, _live[^2]);
                break;
            case BlockEnd.Call:
                Enter(basic.Successors[0].Function);
                break;
        }

        block.Exit = _now;
    }

    private Value[] AtStart()
    {
        Value[] values = new Value[_liveness.VariableCount];
        Array.Fill(values, Constant(0));
        values[1] = _specialization.ContextInR1 ? Address(_context, _context.Start) : new Value(ValueKind.Argument, _block.Block) { Constant = 1 };
        values[2] = new Value(ValueKind.Argument, _block.Block) { Constant = 2 };
        return values;
    }

    // Behind a comparison more is known of what was compared.
    private void Refine(ValueBlock predecessor, BasicBlock block)
    {
        if (predecessor.Block.End != BlockEnd.Branch)
        {
            return;
        }

        ref readonly DecodedInstruction op = ref _program.Code[predecessor.Block.Last - 1];
        bool taken = ReferenceEquals(predecessor.Block.Successors[1], block);
        Operation comparison = taken ? op.Operation.First : op.Operation.First.Negated;
        Value left = predecessor.Left!;
        Value right = predecessor.Right!;
        Replace(left, right, comparison, op.Operation.Is32);
        Replace(right, left, comparison.Mirrored, op.Operation.Is32);
    }

    private void Replace(Value value, Value other, Operation comparison, bool is32)
    {
        if (value.IsFixed || comparison == Operation.BitsSetImmediate64)
        {
            return;
        }

        Value refined = new(ValueKind.Refined, _block.Block) { Arguments = [value, other], Comparison = comparison, Is32 = is32 };
        bool used = false;
        for (int variable = 0; variable < _now.Length; variable++)
        {
            if (ReferenceEquals(_now[variable], value) && Liveness.Has(_block.Block.LiveIn, variable))
            {
                _now[variable] = refined;
                used = true;
            }
        }

        if (used)
        {
            _block.Values.Add(refined);
        }
    }

    private void Enter(FunctionInstance callee)
    {
        _now = [.. _now];
        FunctionInstance caller = callee.Caller!;
        for (int register = Variables.Shared; register < (int)Register.R10; register++)
        {
            _now[Variables.Of(callee, register)] = _now[Variables.Of(caller, register)];
        }

        for (int slot = 0; slot < _plan.Slots.Count; slot++)
        {
            if (ReferenceEquals(_plan.Slots[slot].Function, callee))
            {
                _now[_firstSlot + slot] = Constant(0);
            }
        }
    }

    private MachineState StateAt(int at, ulong[] live)
    {
        List<(int, Value)> variables = [];
        for (int variable = 0; variable < _now.Length; variable++)
        {
            if (Liveness.Has(live, variable))
            {
                variables.Add((variable, _now[variable]));
            }
        }

        return new MachineState(_block.Block.Function, at, [.. variables]);
    }

    private MachineState StateBefore(int at) => StateAt(at, _live[at - _block.Block.First]);

    private Value Constant(ulong number) => new(ValueKind.Constant, _block.Block) { Constant = number };

    private Value Address(Place place, ulong address) => new(ValueKind.Address, _block.Block) { Constant = address, Place = place };

    private Value Add(Value value)
    {
        _block.Values.Add(value);
        return value;
    }

    private Value Get(int register) =>
        register == (int)Register.R10
            ? Address(_frames[_block.Block.Function.Number], Machine.FrameTop(_block.Block.Function.Depth))
            : _now[Variables.Of(_block.Block.Function, register)];

    private void Set(int register, Value value) => _now[Variables.Of(_block.Block.Function, register)] = value;

    private void Translate(int at)
    {
        ref readonly DecodedInstruction op = ref _program.Code[at];
        Operation operation = op.Operation;
        if (operation.IsArithmetic)
        {
            Value right = operation.UsesSource ? Get(op.Source) : Constant((ulong)op.Immediate);
            Set(op.Destination, operation.First == Operation.MoveImmediate64
                ? operation.Is32 ? Cut(right, 4) : right
                : Arithmetic(operation.First, operation.Is32, Get(op.Destination), right));
        }
        else if (operation.IsComparison)
        {
            _block.Comparison = operation.First;
            _block.CompareIs32 = operation.Is32;
            _block.Left = Get(op.Destination);
            _block.Right = operation.UsesSource ? Get(op.Source) : Constant((ulong)op.Immediate);
        }
        else if (operation.IsLoad)
        {
            Load(op, at);
        }
        else if (operation.IsStore)
        {
            Store(op, at);
        }
        else if (operation.IsAtomic)
        {
            Atomic(op, at);
        }
        else
        {
            TranslateOther(op, at);
        }
    }

    private void TranslateOther(in DecodedInstruction op, int at)
    {
        Operation operation = op.Operation;
        switch (operation)
        {
            case Operation.Negate64 or Operation.Negate32:
                Set(op.Destination, Pure(new Value(ValueKind.Negate, _block.Block) { Arguments = [Get(op.Destination)], Is32 = operation == Operation.Negate32 }));
                break;
            case >= Operation.SignExtend8To64 and <= Operation.SignExtend16To32:
                Set(op.Destination, SignExtend(
                    Get(op.Source),
                    operation switch { Operation.SignExtend8To64 or Operation.SignExtend8To32 => 1, Operation.SignExtend32To64 => 4, _ => 2 },
                    operation is Operation.SignExtend8To32 or Operation.SignExtend16To32));
                break;
            case Operation.Swap16 or Operation.Swap32 or Operation.Swap64:
                Set(op.Destination, Pure(new Value(ValueKind.Swap, _block.Block)
                {
                    Arguments = [Get(op.Destination)],
                    Size = operation switch { Operation.Swap16 => 2, Operation.Swap32 => 4, _ => 8 },
                    Is32 = operation != Operation.Swap64,
                }));
                break;
            case Operation.Cut16 or Operation.Cut32:
                Set(op.Destination, Cut(Get(op.Destination), operation == Operation.Cut16 ? 2 : 4));
                break;
            case Operation.LoadValue:
                Set(op.Destination, Constant((ulong)op.Immediate));
                break;
            case Operation.LoadMap:
                Place map = _mapPlaces[(int)(op.Immediate >> 32)];
                Set(op.Destination, Address(map, map.Start));
                break;
            case Operation.LoadMapValue:
                Place value = _mapValues[(int)(op.Immediate >> 32)];
                Set(op.Destination, Address(value, value.Start + (uint)op.Immediate));
                break;
            case Operation.CallHelper or Operation.CallKernel:
                if (_plan.Inlined.TryGetValue((_block.Block.Function.Number, at), out InlineCall inlined))
                {
                    Set(0, Inline(inlined, at));
                    break;
                }

                int count = Liveness.ArgumentCount(op);
                Value call = Add(new Value(ValueKind.Call, _block.Block)
                {
                    Arguments = [.. Enumerable.Range(1, count).Select(Get)],
                    Operation = operation,
                    Constant = operation == Operation.CallHelper ? (ulong)op.Immediate : (ulong)op.Target,
                    At = at,
                });
                Set(0, call);
                if (_specialization.HasFunctionPointers)
                {
                    call.After = StateBefore(at + 1);
                }

                break;
        }
    }

    private Value Inline(InlineCall call, int at)
    {
        if (call.Kind == InlineKind.Cpu)
        {
            return Add(new Value(ValueKind.Cpu, _block.Block));
        }

        Value key = _plan.SlotOf.TryGetValue((_block.Block.Function.Number, at), out int slot)
            ? _now[_firstSlot + slot]
            : Add(new Value(ValueKind.Load, _block.Block)
            {
                Arguments = [Get(1 + Inlining.KeyArgument(call.Kind))],
                Operation = Operation.Load32,
                Size = Inlining.KeySize,
                At = at,
                State = StateBefore(at),
            });
        return Add(new Value(call.Kind == InlineKind.Select ? ValueKind.Select : ValueKind.Lookup, _block.Block)
        {
            Arguments = [key],
            Map = call.Map,
            At = at,
            Place = call.Kind == InlineKind.Select ? null : _rows[call.Map],
            State = call.Kind == InlineKind.PerCpuLookup ? StateBefore(at) : null,
        });
    }

    private void Load(in DecodedInstruction op, int at)
    {
        Operation operation = op.Operation;
        bool signed = operation >= Operation.LoadSigned8;
        if (_plan.SlotOf.TryGetValue((_block.Block.Function.Number, at), out int slot))
        {
            Value held = _now[_firstSlot + slot];
            Set(op.Destination, signed ? SignExtend(held, operation.AccessSize, false) : held);
            return;
        }

        Set(op.Destination, Add(new Value(ValueKind.Load, _block.Block)
        {
            Arguments = [AddressOf(op.Source, op.Target)],
            Operation = operation,
            Size = operation.AccessSize,
            At = at,
            State = StateBefore(at),
        }));
    }

    private void Store(in DecodedInstruction op, int at)
    {
        Operation operation = op.Operation;
        Value value = operation <= Operation.Store64 ? Get(op.Source) : Constant((ulong)op.Immediate);
        if (_plan.SlotOf.TryGetValue((_block.Block.Function.Number, at), out int slot))
        {
            _now[_firstSlot + slot] = operation.AccessSize == 8 ? value : Cut(value, operation.AccessSize);
            return;
        }

        Add(new Value(ValueKind.Store, _block.Block)
        {
            Arguments = [AddressOf(op.Destination, op.Target), value],
            Operation = operation,
            Size = operation.AccessSize,
            At = at,
            State = StateBefore(at),
        });
    }

    private void Atomic(in DecodedInstruction op, int at)
    {
        AtomicOperation atomic = (AtomicOperation)op.Immediate;
        bool exchanges = atomic == AtomicOperation.CompareExchange;
        Value value = Add(new Value(ValueKind.Atomic, _block.Block)
        {
            Arguments = exchanges ? [AddressOf(op.Destination, op.Target), Get(op.Source), Get(0)] : [AddressOf(op.Destination, op.Target), Get(op.Source)],
            Operation = op.Operation,
            Size = op.Operation.AccessSize,
            Constant = (ulong)op.Immediate,
            At = at,
            State = StateBefore(at),
        });
        if (exchanges)
        {
            Set(0, value);
        }
        else if (((int)atomic & 1) != 0)
        {
            Set(op.Source, value);
        }
    }

    private Value AddressOf(int register, int displacement) =>
        Arithmetic(Operation.AddImmediate64, false, Get(register), Constant((ulong)displacement));

    private Value Cut(Value value, int size)
    {
        if (value.Kind == ValueKind.Constant)
        {
            return Constant(size == 8 ? value.Constant : value.Constant & ((1UL << (size * 8)) - 1));
        }

        return Pure(new Value(ValueKind.Cut, _block.Block) { Arguments = [value], Size = size, Is32 = true });
    }

    private Value SignExtend(Value value, int size, bool is32)
    {
        if (value.Kind == ValueKind.Constant)
        {
            ulong extended = (ulong)((long)(value.Constant << (64 - size * 8)) >> (64 - size * 8));
            return Constant(is32 ? (uint)extended : extended);
        }

        return Pure(new Value(ValueKind.SignExtend, _block.Block) { Arguments = [value], Size = size, Is32 = is32 });
    }

    private Value Pure(Value value)
    {
        if (value.Arguments is [{ Kind: ValueKind.Constant } argument])
        {
            ulong number = argument.Constant;
            return Constant(value.Kind switch
            {
                ValueKind.Negate => value.Is32 ? 0 - (uint)number : 0 - number,
                _ => Arithmetics.Swap(number, value.Size),
            });
        }

        return Add(value);
    }

    private Value Arithmetic(Operation operation, bool is32, Value left, Value right)
    {
        if (left.Kind == ValueKind.Constant && right.Kind == ValueKind.Constant)
        {
            return Constant(Arithmetics.Compute(operation, is32, left.Constant, right.Constant));
        }

        if (!is32 && operation is Operation.AddImmediate64 or Operation.SubtractImmediate64)
        {
            if (operation == Operation.SubtractImmediate64 && right.Kind == ValueKind.Constant)
            {
                operation = Operation.AddImmediate64;
                right = Constant(0 - right.Constant);
            }

            if (operation == Operation.AddImmediate64 && left.Kind == ValueKind.Constant)
            {
                (left, right) = (right, left);
            }

            if (operation == Operation.AddImmediate64 && right.Kind == ValueKind.Constant)
            {
                if (right.Constant == 0)
                {
                    return left;
                }

                if (left.Kind == ValueKind.Address)
                {
                    return Address(left.Place!, left.Constant + right.Constant);
                }

                if (left is { Kind: ValueKind.Arithmetic, Operation: Operation.AddImmediate64, Is32: false, Arguments: [Value inner, { Kind: ValueKind.Constant } offset] })
                {
                    return inner.Kind == ValueKind.Address || offset.Constant + right.Constant == 0
                        ? Arithmetic(operation, false, inner, Constant(offset.Constant + right.Constant))
                        : Add(new Value(ValueKind.Arithmetic, _block.Block) { Operation = operation, Arguments = [inner, Constant(offset.Constant + right.Constant)], Between = left });
                }
            }
        }

        return Combine(operation, is32, left, right) ?? Add(new Value(ValueKind.Arithmetic, _block.Block) { Operation = operation, Is32 = is32, Arguments = [left, right] });
    }

    // Pairs of shifts with which older compilers cut and extend.
    private Value? Combine(Operation operation, bool is32, Value left, Value right)
    {
        if (is32 || left is not { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftLeftImmediate64, Is32: false, Arguments: [Value inner, { Kind: ValueKind.Constant, Constant: ulong shift }] }
            || right.Kind != ValueKind.Constant || right.Constant != shift || shift is not (32 or 48 or 56))
        {
            return null;
        }

        int size = (64 - (int)shift) / 8;
        return operation switch
        {
            Operation.ShiftRightImmediate64 => Add(new Value(ValueKind.Cut, _block.Block) { Arguments = [inner], Size = size, Is32 = true, Between = left }),
            Operation.ArithmeticShiftRightImmediate64 => Add(new Value(ValueKind.SignExtend, _block.Block) { Arguments = [inner], Size = size, Between = left }),
            _ => null,
        };
    }
}
