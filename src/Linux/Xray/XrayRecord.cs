using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Linux.Xray;

/// <summary>What the X-ray program writes about the group of one socket: a header, then cookies of members. No I/O.</summary>
internal sealed record XrayRecord(bool HasGroup, int MemberCount, int ClosedCount, Attachment Attachment, ImmutableArray<ulong> Cookies)
{
    /// <summary>Length of the header.</summary>
    internal const int HeaderLength = 64;

    /// <summary>Most cookies after one header; more members take more runs.</summary>
    internal const int MaxCookies = 1024;

    // Offsets in the header.
    internal const int Group = 0;
    internal const int Start = 8;
    internal const int Count = 16;
    internal const int Closed = 20;
    internal const int Program = 24;
    internal const int ProgramType = 32;
    internal const int ProgramId = 36;
    internal const int ProgramTag = 40;

    /// <summary>Reads the first record; null when there is none whole. The program repeats it for every process that holds the socket.</summary>
    internal static XrayRecord? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength)
        {
            return null;
        }

        int members = MemoryMarshal.Read<ushort>(bytes[Count..]);
        ulong start = MemoryMarshal.Read<ulong>(bytes[Start..]);
        int cookies = start > (ulong)members ? 0 : Math.Min(members - (int)start, MaxCookies);
        if (bytes.Length < HeaderLength + (cookies * sizeof(ulong)))
        {
            return null;
        }

        uint id = MemoryMarshal.Read<uint>(bytes[ProgramId..]);
        Attachment attachment = MemoryMarshal.Read<ulong>(bytes[Program..]) == 0
            ? new Attachment(AttachmentState.None)
            : id == 0
                ? new Attachment(AttachmentState.Classic)
                : new Attachment(AttachmentState.Program, id, Convert.ToHexStringLower(bytes.Slice(ProgramTag, 8)));
        return new XrayRecord(
            MemoryMarshal.Read<ulong>(bytes[Group..]) != 0, members, MemoryMarshal.Read<ushort>(bytes[Closed..]), attachment,
            [.. MemoryMarshal.Cast<byte, ulong>(bytes.Slice(HeaderLength, cookies * sizeof(ulong)))]);
    }
}
