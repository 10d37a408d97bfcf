namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>Which 16 bytes of a context, or of a row, are loaded at a time, to have all the words that a program's loads are cut from.</summary>
internal sealed class LaneWords
{
    public const int DoubleSize = 8;

    private const int WindowSize = 16;
    private const int WordSize = 4;
    private readonly Dictionary<int, (int Window, int Index)> _places = [];

    private LaneWords()
    {
    }

    /// <summary>Offset of the first byte of each 16.</summary>
    public List<int> Windows { get; } = [];

    /// <summary>Bytes that they reach over.</summary>
    public int Length { get; private set; }

    public int Count => _places.Count;

    /// <summary>Makes a plan.</summary>
    /// <param name="loads">Offsets and sizes.</param>
    /// <param name="readable">Bytes that are there in any case.</param>
    public static LaneWords Make(IEnumerable<(int Offset, int Size)> loads, int readable)
    {
        LaneWords words = new();
        SortedSet<int> starts = [];
        foreach ((int offset, int size) in loads)
        {
            int start = StartOf(offset, size);
            starts.Add(start);
            if (size == DoubleSize)
            {
                starts.Add(start + WordSize);
            }
        }

        // The last word is loaded whole in any case.
        int end = starts.Count == 0 ? readable : Math.Max(readable, starts.Max + WordSize);
        while (starts.Count > 0)
        {
            words.AddWindow(starts, end);
        }

        return words;
    }

    /// <summary>Offset of the word that a load is cut from: the aligned one if it holds all of it.</summary>
    public static int StartOf(int offset, int size) => (offset % WordSize) + size <= WordSize || size == DoubleSize && offset % WordSize == 0 ? offset & -WordSize : offset;

    /// <summary>Where the word at an offset is: its window, and its number there.</summary>
    public (int Window, int Index) Find(int start) => _places[start];

    // From the first word on, or from as far before it as makes all of the window certainly there.
    private void AddWindow(SortedSet<int> starts, int end)
    {
        int first = starts.Min;
        int beyond = Math.Max(0, first + WindowSize - end + WordSize - 1) & -WordSize;
        int window = first - Math.Min(Math.Min(first & -WordSize, beyond), WindowSize - WordSize);
        for (int i = 0; i < WindowSize / WordSize; i++)
        {
            if (starts.Remove(window + i * WordSize))
            {
                _places.Add(window + i * WordSize, (Windows.Count, i));
            }
        }

        Windows.Add(window);
        Length = Math.Max(Length, window + WindowSize);
    }
}
