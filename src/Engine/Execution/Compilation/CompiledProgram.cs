using System.Runtime.CompilerServices;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// A program as machine code, by way of .NET IL: for <see cref="Machine.Run(CompiledProgram, CancellationToken)"/>. Holds no state of a run; any number of machines may use it.
/// A run has the same outcome as the interpreter's, faults and numbers of instructions included: what the generated code does not do itself (an access
/// that leaves the memory it was expected in, a tail call, the end of the budget) it leaves to the interpreter, at that very instruction.
/// </summary>
public sealed class CompiledProgram
{
    private const int MostInstructions = 20_000;

    private const int ContextInR1 = 4;

    private readonly ContextLayout _layout;
    private readonly bool _hasFunctionPointers;
    private readonly FlowGraph? _graph;
    private readonly CompiledProgram? _like;
    private readonly CompiledCode?[] _codes = new CompiledCode?[8];

    private CompiledProgram(LoadedProgram program, ContextLayout layout)
    {
        Program = program;
        _layout = layout;
        _hasFunctionPointers = program.Code.Any(op => op.Operation == Operation.LoadValue && (ulong)op.Immediate >> 32 == Machine.FunctionTag);
        _graph = FlowGraph.Build(program, MostInstructions);
    }

    private CompiledProgram(LoadedProgram program, CompiledProgram like)
    {
        Program = program;
        (_layout, _hasFunctionPointers, _graph, _like) = (like._layout, like._hasFunctionPointers, like._graph, like);
    }

    /// <summary>What it was made from.</summary>
    public LoadedProgram Program { get; }

    /// <summary>Compiles a program: once, for all its runs. Parts that only some uses need (batches, another helper table) are made when first used.</summary>
    /// <param name="program">The program.</param>
    /// <param name="layout">Where its context has the packet's addresses; <see cref="ContextLayout.Unknown"/> for none.</param>
    public static CompiledProgram Compile(LoadedProgram program, ContextLayout layout) => Prepare(new CompiledProgram(program, layout));

    /// <summary>
    /// Compiles a program that was compiled before, with other maps: the same code is used if nothing in it depends on the difference. Otherwise it is as if it were not known.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="layout">Where its context has the packet's addresses.</param>
    /// <param name="like">The same program, loaded before.</param>
    public static CompiledProgram Compile(LoadedProgram program, ContextLayout layout, CompiledProgram like) =>
        like._layout == layout && like.Program.SharesCodeWith(program) ? Prepare(new CompiledProgram(program, like)) : Compile(program, layout);

    private static CompiledProgram Prepare(CompiledProgram compiled)
    {
        LoadedProgram program = compiled.Program;
        compiled.Make(HelperTable.DefaultLookups | ContextInR1 | (program.Maps.Any(map => map.SlotErrors is not null) ? HelperTable.Selects : 0))?.Prepare();
        return compiled;
    }

    /// <summary>Compiles a program of which the context's layout is not known.</summary>
    public static CompiledProgram Compile(LoadedProgram program) => Compile(program, ContextLayout.Unknown);

    /// <summary>How many contexts of a batch are run at once, in the lanes of vectors, by a machine with these helpers; 1 where neither the program nor the processor is fit for it.</summary>
    public int LanesFor(HelperTable helpers) => CodeFor(helpers, contextInR1: true)?.LanePlan?.Lanes ?? 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal CompiledCode? CodeFor(HelperTable helpers, bool contextInR1)
    {
        int variant = helpers.CompiledVariant | (contextInR1 ? ContextInR1 : 0);
        return _codes[variant] ?? Make(variant);
    }

    private CompiledCode? Make(int variant)
    {
        if (_graph is null)
        {
            return null;
        }

        if (_like is not null)
        {
            return _codes[variant] ??= new CompiledCode(Program, _like.Make(variant)!);
        }

        lock (_codes)
        {
            Specialization specialization = new((variant & ContextInR1) != 0, (variant & HelperTable.DefaultLookups) != 0, _layout, _hasFunctionPointers, (variant & HelperTable.Selects) != 0);
            return _codes[variant] ??= new CompiledCode(Program, _graph, specialization);
        }
    }
}
