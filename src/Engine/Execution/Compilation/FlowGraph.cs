namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>The blocks of a program in reverse post-order; the first is empty. Every edge from a branch leads to a block that has no other predecessor.</summary>
internal sealed class FlowGraph
{
    private readonly LoadedProgram _program;
    private readonly bool[] _leaders;
    private readonly Dictionary<(int Function, int First), BasicBlock> _blocks = [];
    private readonly List<FunctionInstance> _functions = [];
    private readonly Stack<BasicBlock> _unread = new();
    private readonly int _limit;
    private int _size;

    private FlowGraph(LoadedProgram program, int limit)
    {
        _program = program;
        _limit = limit;
        _leaders = FindLeaders(program.Code);
    }

    public IReadOnlyList<FunctionInstance> Functions => _functions;

    public BasicBlock[] Blocks { get; private set; } = [];

    /// <summary>Instructions on the longest way through without going round a loop.</summary>
    public int LongestWay { get; private set; }

    public bool HasLoops { get; private set; }

    /// <summary>The graph, or null when it would have more than <paramref name="limit"/> instructions.</summary>
    public static FlowGraph? Build(LoadedProgram program, int limit)
    {
        FlowGraph graph = new(program, limit);
        return graph.Expand() ? graph : null;
    }

    private static bool[] FindLeaders(DecodedInstruction[] code)
    {
        bool[] leaders = new bool[code.Length + 1];
        for (int i = 0; i < code.Length; i++)
        {
            Operation operation = code[i].Operation;
            if (operation.IsBranch() || operation is Operation.Jump or Operation.CallLocal)
            {
                leaders[code[i].Target] = true;
                leaders[i + 1] = true;
            }
            else if (operation is Operation.Exit or Operation.TailCall or Operation.Unsupported)
            {
                leaders[i + 1] = true;
            }
        }

        return leaders;
    }

    private bool Expand()
    {
        FunctionInstance main = new(0, null, 0, 0);
        _functions.Add(main);
        BasicBlock start = new(main, 0);
        start.Successors.Add(BlockAt(main, 0));
        while (_unread.TryPop(out BasicBlock? block))
        {
            Read(block);
            _size += block.Length;
            if (_size > _limit || _blocks.Count > _limit)
            {
                return false;
            }
        }

        Number(start);
        SplitEdges();
        Number(start);
        foreach (BasicBlock block in Blocks)
        {
            block.Predecessors.Clear();
        }

        foreach (BasicBlock block in Blocks)
        {
            foreach (BasicBlock successor in block.Successors)
            {
                successor.Predecessors.Add(block);
            }
        }

        FindDominators();
        Measure();
        return true;
    }

    private BasicBlock BlockAt(FunctionInstance function, int first)
    {
        if (!_blocks.TryGetValue((function.Number, first), out BasicBlock? block))
        {
            block = new BasicBlock(function, first);
            _blocks.Add((function.Number, first), block);
            _unread.Push(block);
        }

        return block;
    }

    private void Read(BasicBlock block)
    {
        DecodedInstruction[] code = _program.Code;
        for (int i = block.First; ; i++)
        {
            if (i > block.First && _leaders[i])
            {
                End(block, i, BlockEnd.Next, BlockAt(block.Function, i));
                return;
            }

            ref readonly DecodedInstruction op = ref code[i];
            FunctionInstance function = block.Function;
            if (op.Operation.IsBranch())
            {
                if (op.Target == i + 1)
                {
                    End(block, i + 1, BlockEnd.Next, BlockAt(function, i + 1));
                }
                else
                {
                    End(block, i + 1, BlockEnd.Branch, BlockAt(function, i + 1), BlockAt(function, op.Target));
                }

                return;
            }

            switch (op.Operation)
            {
                case Operation.Jump:
                    End(block, i + 1, BlockEnd.Next, BlockAt(function, op.Target));
                    return;
                case Operation.CallLocal when function.Depth < Machine.MaxFrames - 1:
                    FunctionInstance callee = new(_functions.Count, function, op.Target, i + 1);
                    _functions.Add(callee);
                    End(block, i + 1, BlockEnd.Call, BlockAt(callee, op.Target));
                    return;
                case Operation.Exit when function.Caller is FunctionInstance caller:
                    End(block, i + 1, BlockEnd.Exit, BlockAt(caller, function.ReturnTo));
                    return;
                case Operation.Exit:
                    End(block, i + 1, BlockEnd.Exit);
                    return;
                case Operation.CallLocal or Operation.TailCall or Operation.Unsupported:
                    End(block, i, BlockEnd.Interpret);
                    return;
            }
        }
    }

    private static void End(BasicBlock block, int last, BlockEnd end, params ReadOnlySpan<BasicBlock> successors)
    {
        block.Last = last;
        block.End = end;
        block.Successors.AddRange(successors);
    }

    private void Number(BasicBlock start)
    {
        List<BasicBlock> finished = [];
        HashSet<BasicBlock> seen = [start];
        Stack<(BasicBlock Block, int Next)> path = new();
        path.Push((start, start.Successors.Count));
        while (path.TryPop(out (BasicBlock Block, int Next) at))
        {
            // The way that falls through is finished last, so that it comes first.
            if (at.Next == 0)
            {
                finished.Add(at.Block);
                continue;
            }

            path.Push((at.Block, at.Next - 1));
            BasicBlock successor = at.Block.Successors[at.Next - 1];
            if (seen.Add(successor))
            {
                path.Push((successor, successor.Successors.Count));
            }
        }

        finished.Reverse();
        Blocks = [.. finished];
        for (int i = 0; i < Blocks.Length; i++)
        {
            Blocks[i].Order = i;
        }
    }

    private void SplitEdges()
    {
        Dictionary<BasicBlock, int> entries = [];
        foreach (BasicBlock successor in Blocks.SelectMany(block => block.Successors))
        {
            entries[successor] = entries.GetValueOrDefault(successor) + 1;
        }

        foreach (BasicBlock block in Blocks.Where(block => block.End == BlockEnd.Branch))
        {
            for (int i = 0; i < 2; i++)
            {
                BasicBlock successor = block.Successors[i];
                if (entries[successor] > 1)
                {
                    BasicBlock edge = new(block.Function, successor.First) { End = BlockEnd.Next };
                    edge.Successors.Add(successor);
                    block.Successors[i] = edge;
                }
            }
        }
    }

    // Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm.
    private void FindDominators()
    {
        Blocks[0].Dominator = Blocks[0];
        bool changed;
        do
        {
            changed = false;
            foreach (BasicBlock block in Blocks.AsSpan(1))
            {
                BasicBlock? dominator = null;
                foreach (BasicBlock predecessor in block.Predecessors)
                {
                    if (predecessor.Dominator is not null)
                    {
                        dominator = dominator is null ? predecessor : Common(predecessor, dominator);
                    }
                }

                if (!ReferenceEquals(block.Dominator, dominator))
                {
                    block.Dominator = dominator;
                    changed = true;
                }
            }
        }
        while (changed);
        Blocks[0].Dominator = null;
    }

    private static BasicBlock Common(BasicBlock one, BasicBlock other)
    {
        while (!ReferenceEquals(one, other))
        {
            if (one.Order > other.Order)
            {
                one = one.Dominator!;
            }
            else
            {
                other = other.Dominator!;
            }
        }

        return one;
    }

    private void Measure()
    {
        foreach (BasicBlock block in Blocks)
        {
            foreach (BasicBlock predecessor in block.Predecessors)
            {
                if (predecessor.Order >= block.Order)
                {
                    block.IsLoopHeader = HasLoops = true;
                }
                else
                {
                    block.Before = Math.Max(block.Before, predecessor.Before + predecessor.Length);
                }
            }

            // An instruction left to the interpreter counts for one more.
            LongestWay = Math.Max(LongestWay, block.Before + block.Length + 1);
        }
    }
}
