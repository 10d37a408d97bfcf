namespace ReuseportPS.Simulator.Sockets;

/// <summary>Chains of sockets by key, in the order that the kernel's lists have. A chain exists while it has a socket.</summary>
internal sealed class SockTable<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedList<Sock>> _chains = [];

    /// <summary>First node of a chain, or null.</summary>
    public LinkedListNode<Sock>? First(TKey key) => _chains.TryGetValue(key, out LinkedList<Sock>? chain) ? chain.First : null;

    public IEnumerable<Sock> Chain(TKey key) => _chains.TryGetValue(key, out LinkedList<Sock>? chain) ? chain : [];

    /// <summary>Every chain.</summary>
    public IEnumerable<Sock> All => _chains.Values.SelectMany(chain => chain);

    /// <summary>How many sockets a chain has.</summary>
    public int Count(TKey key) => _chains.TryGetValue(key, out LinkedList<Sock>? chain) ? chain.Count : 0;

    public bool IsEmpty => _chains.Count == 0;

    public LinkedListNode<Sock> Add(TKey key, Sock sock, bool atTail = false)
    {
        if (!_chains.TryGetValue(key, out LinkedList<Sock>? chain))
        {
            _chains.Add(key, chain = new LinkedList<Sock>());
        }

        return atTail ? chain.AddLast(sock) : chain.AddFirst(sock);
    }

    public void Remove(TKey key, LinkedListNode<Sock> node)
    {
        LinkedList<Sock> chain = node.List!;
        chain.Remove(node);
        if (chain.Count == 0)
        {
            _chains.Remove(key);
        }
    }
}
