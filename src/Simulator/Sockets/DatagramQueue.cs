using System.Net;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// Datagrams of one socket that nobody received yet, up to a receive buffer's worth: Linux's default of 212,992 bytes, each
/// datagram counted with the 768 bytes that the smallest buffer occupies. One that does not fit is lost, as in the kernel.
/// </summary>
internal sealed class DatagramQueue
{
    private const int Limit = 212_992;
    private const int Overhead = 768;

    private readonly Queue<(byte[] Payload, IPEndPoint Source)> _datagrams = new();
    private int _charged;

    public int Bytes { get; private set; }

    public int Count => _datagrams.Count;

    public bool TryAdd(ReadOnlySpan<byte> payload, IPEndPoint source)
    {
        if (_charged > Limit)
        {
            return false;
        }

        _datagrams.Enqueue((payload.ToArray(), source));
        _charged += payload.Length + Overhead;
        Bytes += payload.Length;
        return true;
    }

    public bool TryTake(out byte[] payload, out IPEndPoint source)
    {
        if (!_datagrams.TryDequeue(out (byte[] Payload, IPEndPoint Source) datagram))
        {
            (payload, source) = ([], new IPEndPoint(0, 0));
            return false;
        }

        (payload, source) = datagram;
        _charged -= payload.Length + Overhead;
        Bytes -= payload.Length;
        return true;
    }
}
