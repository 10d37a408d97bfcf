namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Instructions that run one after the other, in one function instance.</summary>
internal sealed class BasicBlock(FunctionInstance function, int first)
{
    public FunctionInstance Function { get; } = function;

    public int First { get; } = first;

    /// <summary>Index after its last instruction.</summary>
    public int Last { get; set; } = first;

    public int Length => Last - First;

    public BlockEnd End { get; set; }

    public List<BasicBlock> Successors { get; } = [];

    public List<BasicBlock> Predecessors { get; } = [];

    /// <summary>Place in reverse post-order.</summary>
    public int Order { get; set; } = -1;

    public BasicBlock? Dominator { get; set; }

    /// <summary>An edge of a loop leads here.</summary>
    public bool IsLoopHeader { get; set; }

    /// <summary>Instructions on the longest way here without going round a loop.</summary>
    public int Before { get; set; }

    /// <summary>Variables whose value may be read from here on.</summary>
    public ulong[] LiveIn { get; set; } = [];

    public bool IsDominatedBy(BasicBlock other)
    {
        for (BasicBlock? block = this; block is not null && block.Order >= other.Order; block = block.Dominator)
        {
            if (ReferenceEquals(block, other))
            {
                return true;
            }
        }

        return false;
    }
}
