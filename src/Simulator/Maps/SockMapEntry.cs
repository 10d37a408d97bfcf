using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Maps;

/// <summary>A socket under a key of a SOCKMAP or SOCKHASH. A socket may have many, and knows them all (sk_psock_link).</summary>
internal sealed class SockMapEntry(PsockMap map, byte[] key, Sock sock)
{
    public byte[] Key { get; } = key;

    public Sock Sock { get; } = sock;

    /// <summary>Takes the socket out of every SOCKMAP and SOCKHASH: it is closed.</summary>
    public static void RemoveAll(Sock sock)
    {
        foreach (SockMapEntry entry in sock.MapEntries.ToArray())
        {
            entry.Remove();
        }
    }

    private void Remove() => map.Remove(this);
}
