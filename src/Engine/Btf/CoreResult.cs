namespace ReuseportPS.Engine.Btf;

/// <summary>What a relocation against a kernel puts into its instruction.</summary>
/// <param name="Original">The value that the compiler has put there.</param>
/// <param name="Value">The value for the kernel.</param>
internal readonly record struct CoreResult(ulong Original, ulong Value)
{
    /// <summary>Whether the instruction must hold <see cref="Original"/> now.</summary>
    internal bool IsChecked { get; init; }

    /// <summary>The kernel has no such thing: the instruction must not be reached.</summary>
    internal bool IsMissing { get; init; }

    /// <summary>Size of the field in bytes, as compiled; 0 when it does not matter.</summary>
    internal int OriginalSize { get; init; }

    /// <summary>Size of the field in the kernel.</summary>
    internal int Size { get; init; }

    /// <summary>The sizes differ, and a load of another size would give another value.</summary>
    internal bool IsSizeWrong { get; init; }
}
