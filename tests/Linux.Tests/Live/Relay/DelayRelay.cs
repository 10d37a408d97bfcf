using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ReuseportPS.Linux.Tests.Live.Relay;

/// <summary>
/// The way between clients in one network namespace and servers in another: every packet takes 50 to 200 ms, drawn from a seed; packets of one flow keep their order. It can withhold
/// what follows the SYN of handshakes, so that the server's half-open connections stay so until they are released.
/// </summary>
internal sealed class DelayRelay : IDisposable
{
    private const int ShortestDelay = 50;
    private const int LongestDelay = 200;
    private const int SynFlag = 2;

    private readonly TunDevice _clients;
    private readonly TunDevice _servers;
    private readonly Random _random;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly PriorityQueue<(TunDevice To, byte[] Packet), (long Due, long Number)> _underWay = new();
    private readonly Dictionary<(TunDevice To, byte Protocol, int Port), long> _lastOfFlow = [];
    private readonly Dictionary<int, List<byte[]>> _withheld = [];
    private int _toWithhold;
    private long _number;
    private volatile bool _stop;
    private volatile Exception? _failure;

    public DelayRelay(LinuxNamespace clients, LinuxNamespace servers, int seed)
    {
        _random = new Random(seed);
        _clients = new TunDevice(clients, ClientAddress, ServerAddress);
        try
        {
            _servers = new TunDevice(servers, ServerAddress, ClientAddress);
        }
        catch
        {
            _clients.Dispose();
            throw;
        }

        _thread = new Thread(Forward);
        _thread.Start();
    }

    public static IPAddress ClientAddress { get; } = new([10, 77, 0, 1]);

    public static IPAddress ServerAddress { get; } = new([10, 77, 0, 2]);

    /// <summary>Packets that were handed over.</summary>
    public long Forwarded { get; private set; }

    /// <summary>Why it ended, if it did.</summary>
    public Exception? Failure => _failure;

    /// <summary>Withholds all that clients send after their SYN on the next so many connections.</summary>
    public void WithholdNext(int connections)
    {
        lock (_lock)
        {
            _toWithhold = connections;
        }
    }

    /// <summary>Client ports of the connections whose final ACK is withheld: they are half-open at the server.</summary>
    public int[] WithheldPorts()
    {
        lock (_lock)
        {
            return [.. _withheld.Where(flow => flow.Value.Count > 0).Select(flow => flow.Key)];
        }
    }

    /// <summary>Sends on what is withheld.</summary>
    public void Release()
    {
        lock (_lock)
        {
            byte[][] packets = [.. _withheld.Values.SelectMany(packets => packets)];
            _withheld.Clear();
            _toWithhold = 0;
            Array.ForEach(packets, packet => Delay(_servers, packet, ClientPort(packet, isFromClient: true)));
        }
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _clients.Dispose();
        _servers.Dispose();
    }

    private void Forward()
    {
        try
        {
            while (!_stop)
            {
                int wait;
                lock (_lock)
                {
                    wait = _underWay.TryPeek(out _, out (long Due, long Number) first) ? (int)Math.Clamp(first.Due - Now(), 0, 20) : 20;
                }

                TunDevice.Wait(_clients, _servers, wait);
                lock (_lock)
                {
                    Take(_clients, _servers, isFromClient: true);
                    Take(_servers, _clients, isFromClient: false);
                    while (_underWay.TryPeek(out (TunDevice To, byte[] Packet) next, out (long Due, long Number) at) && at.Due <= Now())
                    {
                        _underWay.Dequeue();
                        next.To.Write(next.Packet);
                        Forwarded++;
                    }
                }
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }

    private void Take(TunDevice from, TunDevice to, bool isFromClient)
    {
        while (from.TryRead() is byte[] packet)
        {
            // Of IPv6 there are only the kernel's own router solicitations.
            if (packet[0] >> 4 != 4)
            {
                continue;
            }

            int port = ClientPort(packet, isFromClient);
            if (!isFromClient || !Withhold(packet, port))
            {
                Delay(to, packet, port);
            }
        }
    }

    private bool Withhold(byte[] packet, int port)
    {
        if (packet[9] != (byte)ProtocolType.Tcp)
        {
            return false;
        }

        if ((packet[HeaderLength(packet) + 13] & SynFlag) != 0)
        {
            if (_toWithhold > 0 && _withheld.TryAdd(port, []))
            {
                _toWithhold--;
            }

            return false;
        }

        if (!_withheld.TryGetValue(port, out List<byte[]>? packets))
        {
            return false;
        }

        packets.Add(packet);
        return true;
    }

    private void Delay(TunDevice to, byte[] packet, int port)
    {
        (TunDevice, byte, int) flow = (to, packet[9], port);
        long due = Math.Max(_lastOfFlow.GetValueOrDefault(flow), Now() + _random.Next(ShortestDelay, LongestDelay + 1));
        _lastOfFlow[flow] = due;
        _underWay.Enqueue((to, packet), (due, _number++));
    }

    private static int HeaderLength(byte[] packet) => (packet[0] & 15) * 4;

    private static int ClientPort(byte[] packet, bool isFromClient) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(HeaderLength(packet) + (isFromClient ? 0 : 2)));

    private static long Now() => Stopwatch.GetTimestamp() * 1000 / Stopwatch.Frequency;
}
