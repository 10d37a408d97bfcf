namespace ReuseportPS.Simulator;

/// <summary>Numbers given out lowest first and used again when they come back, as the kernel's descriptors and group ids are.</summary>
internal sealed class FreeNumbers(int first)
{
    private readonly PriorityQueue<int, int> _returned = new();
    private int _next = first;

    public int Take() => _returned.TryDequeue(out int number, out _) ? number : _next++;

    public void Return(int number) => _returned.Enqueue(number, number);
}
