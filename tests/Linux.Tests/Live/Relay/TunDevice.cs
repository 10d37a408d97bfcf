using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace ReuseportPS.Linux.Tests.Live.Relay;

/// <summary>
/// A device of /dev/net/tun that carries IP packets (IFF_TUN, IFF_NO_PI) in a network namespace: what the namespace sends to the peer is read here, and what is written here arrives
/// there. Closing it removes the device.
/// </summary>
internal sealed unsafe partial class TunDevice : IDisposable
{
    /// <summary>The longest packet.</summary>
    public const int Mtu = 1500;

    private const int O_RDWR = 2;
    private const int O_NONBLOCK = 0x800;
    private const int O_CLOEXEC = 0x80000;
    private const int EAGAIN = 11;
    private const nuint TUNSETIFF = 0x400454ca;
    private const short IFF_TUN = 1;
    private const short IFF_NO_PI = 0x1000;
    private const short POLLIN = 1;

    private readonly int _fd;

    /// <summary>Makes a device with an address whose only neighbour is the peer. In a namespace made here all addresses are local at first; from now on only this one and those of lo are. One device for each namespace.</summary>
    public TunDevice(LinuxNamespace place, IPAddress address, IPAddress peer)
    {
        // The device is of the namespace of the thread that opens the file.
        _fd = place.Run(Open);
        try
        {
            place.Run(() =>
            {
                // All addresses were local, the peer's too.
                Ip("route", "del", "local", "default", "table", "local");
                Ip("address", "add", address.ToString(), "peer", peer.ToString(), "dev", Name);
                Ip("link", "set", Name, "up");
                return true;
            });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static string Name => "tun0";

    /// <summary>Waits until one of two has a packet, or time is over.</summary>
    public static void Wait(TunDevice one, TunDevice other, int milliseconds)
    {
        PollDescriptor* descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new PollDescriptor { Descriptor = one._fd, Events = POLLIN };
        descriptors[1] = new PollDescriptor { Descriptor = other._fd, Events = POLLIN };
        _ = poll(descriptors, 2, milliseconds);
    }

    /// <summary>A packet, or null when there is none.</summary>
    public byte[]? TryRead()
    {
        byte* buffer = stackalloc byte[Mtu];
        nint length = read(_fd, buffer, Mtu);
        return length > 0 ? new ReadOnlySpan<byte>(buffer, (int)length).ToArray() : Marshal.GetLastPInvokeError() == EAGAIN ? null : throw new Win32Exception();
    }

    /// <summary>Hands a packet to the namespace.</summary>
    public void Write(byte[] packet)
    {
        fixed (byte* bytes = packet)
        {
            if (write(_fd, bytes, (nuint)packet.Length) != packet.Length)
            {
                throw new Win32Exception();
            }
        }
    }

    public void Dispose() => _ = close(_fd);

    private static int Open()
    {
        int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
        {
            throw new Win32Exception();
        }

        // struct ifreq: the name, then the flags.
        byte* request = stackalloc byte[40];
        Span<byte> bytes = new(request, 40);
        bytes.Clear();
        Encoding.ASCII.GetBytes(Name, bytes);
        BinaryPrimitives.WriteInt16LittleEndian(bytes[16..], IFF_TUN | IFF_NO_PI);
        if (ioctl(fd, TUNSETIFF, request) < 0)
        {
            Win32Exception exception = new();
            _ = close(fd);
            throw exception;
        }

        return fd;
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ip {string.Join(' ', arguments)}: {errors}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, byte* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int timeout);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
