using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Sockets;

/// <summary>
/// What the descriptors of a process are open on, from the links in /proc/PID/fd. A host has many of them: the directory is read as it is, since .NET's own enumeration asks for the status
/// of each link, and of what it leads to, besides.
/// </summary>
internal static class DescriptorLinks
{
    private const int LengthAt = 16; // struct linux_dirent64: inode, offset, length of the entry, type, name
    private const int NameAt = 19;
    private const int First = 1 << 11;

    /// <summary>Told of a descriptor and the target of its link; whether to go on.</summary>
    internal delegate bool Visitor(int descriptor, ReadOnlySpan<byte> target);

    /// <summary>Goes through the descriptors of a process.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="visit">Told of each that is still open.</param>
    /// <returns>EACCES where the process may not be looked at, another errno where it has ended.</returns>
    internal static Errno Visit(int processId, Visitor visit)
    {
        nint opened = Sys.openat(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd"), Sys.O_RDONLY | Sys.O_DIRECTORY);
        if (opened < 0)
        {
            return (Errno)(int)-opened;
        }

        using SafeDirectoryFd directory = new(opened);
        Span<byte> entries = stackalloc byte[1 << 14];
        Span<byte> link = stackalloc byte[64];
        nint filled;
        int room = First; // the kernel makes every entry that it tells of, and who looks for one socket often goes no further
        while ((filled = Sys.getdents64(directory, entries[..room])) > 0)
        {
            room = entries.Length;
            for (int at = 0, length; at < filled; at += length)
            {
                length = BinaryPrimitives.ReadUInt16LittleEndian(entries[(at + LengthAt)..]);
                ReadOnlySpan<byte> name = entries.Slice(at + NameAt, length - NameAt);
                if (!Utf8Parser.TryParse(name, out int descriptor, out int digits) || name[digits] != 0)
                {
                    continue; // . and ..
                }

                nint target = Sys.readlinkat(directory, name, link);
                if (target > 0 && !visit(descriptor, link[..(int)target]))
                {
                    return Errno.None;
                }
            }
        }

        return filled < 0 ? (Errno)(int)-filled : Errno.None;
    }
}
