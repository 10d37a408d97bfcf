namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Contexts at equal distances in one array, for a program to be run once for each. Item i's context is at <see cref="Start"/> + i * <see cref="Stride"/>.</summary>
public sealed class ContextBatch
{
    /// <summary>A batch.</summary>
    /// <param name="contexts">The array.</param>
    /// <param name="length">Bytes of a context.</param>
    /// <param name="stride">Bytes from one context to the next.</param>
    /// <param name="count">Contexts.</param>
    /// <param name="start">Index of the first byte of the first.</param>
    public ContextBatch(byte[] contexts, int length, int stride, int count, int start = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        if (count > 0 && start + (long)stride * (count - 1) + length > contexts.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "The contexts must lie within the array.");
        }

        Contexts = contexts;
        Length = length;
        Stride = stride;
        Count = count;
        Start = start;
    }

    /// <summary>The array.</summary>
    public byte[] Contexts { get; }

    /// <summary>Bytes of a context.</summary>
    public int Length { get; }

    /// <summary>Bytes from one context to the next.</summary>
    public int Stride { get; }

    /// <summary>Contexts.</summary>
    public int Count { get; }

    /// <summary>Index of the first byte of the first context.</summary>
    public int Start { get; }

    /// <summary>Whether programs may write into their context.</summary>
    public bool Writable { get; init; }

    /// <summary>The array with the packets.</summary>
    public byte[] Packets { get; init; } = [];

    /// <summary>For each item its packet in <see cref="Packets"/>, or nothing: then the machine's packet is every item's.</summary>
    public ReadOnlyMemory<PacketRange> Ranges { get; init; }

    /// <summary>Whether programs may write into their packet.</summary>
    public bool PacketsWritable { get; init; }

    /// <summary>Receives for each item the slot that it selected by <see cref="SlotSelection"/>, -1 for none; as long as there are items, or null.</summary>
    public int[]? SelectedSlots { get; init; }

    /// <summary>Whether <see cref="BatchResult.InstructionCount"/> is wanted; it is 0 when not.</summary>
    public bool CountsInstructions { get; init; } = true;

    /// <summary>Called before each item's run, with its index, when the program asks for more than its context: to set the machine's environment.</summary>
    public Action<Machine, int>? BeforeItem { get; init; }
}
