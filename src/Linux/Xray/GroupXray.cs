using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Xray;

/// <summary>
/// Looks at reuseport groups from outside: a BPF iterator over the open files of all processes, in every network namespace.
/// Needs CAP_BPF and CAP_PERFMON. What is refused is an answer with its reason, not an error.
/// </summary>
internal sealed class GroupXray : IDisposable
{
    private const int Readings = 5;

    // Of the running kernel, which stays what it is: its types are 5 MB to read.
    private static KernelOffsets? s_offsets;

    private readonly Lock _lock = new();
    private bool _opened;
    private string? _refusal;
    private LinuxMap? _control;
    private LinuxProgram? _program;
    private SafeLinkFd? _link;

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
    }

    /// <summary>The program of the group of a socket.</summary>
    internal Attachment Inspect(ulong inode)
    {
        lock (_lock)
        {
            XrayRecord? record = Run(inode, 0, out string? reason);
            return record?.Attachment ?? new Attachment(AttachmentState.Unknown, Reason: reason);
        }
    }

    /// <summary>The whole group of a socket, read until two readings agree; null when it cannot be seen or does not hold still.</summary>
    internal GroupSnapshot? Snapshot(ulong inode)
    {
        lock (_lock)
        {
            GroupSnapshot? last = null;
            for (int reading = 0; reading < Readings; reading++)
            {
                GroupSnapshot? snapshot = ReadWhole(inode);
                if (snapshot is not null && last is not null && last.Attachment == snapshot.Attachment && last.ClosedCount == snapshot.ClosedCount
                    && last.Members.SequenceEqual(snapshot.Members))
                {
                    return snapshot;
                }

                last = snapshot;
            }

            return null;
        }
    }

    /// <summary>Loads the program; why it cannot be, or null.</summary>
    internal string? TryOpen()
    {
        lock (_lock)
        {
            return Open();
        }
    }

    private GroupSnapshot? ReadWhole(ulong inode)
    {
        XrayRecord? first = Run(inode, 0, out _);
        if (first is not { HasGroup: true })
        {
            return first is null ? null : new GroupSnapshot(first.Attachment, 0, []);
        }

        ImmutableArray<ulong>.Builder members = ImmutableArray.CreateBuilder<ulong>(first.MemberCount);
        members.AddRange(first.Cookies);
        while (members.Count < first.MemberCount)
        {
            XrayRecord? more = Run(inode, members.Count, out _);
            if (more is null || more.MemberCount != first.MemberCount || more.Cookies.IsEmpty)
            {
                return null;
            }

            members.AddRange(more.Cookies);
        }

        return new GroupSnapshot(first.Attachment, first.ClosedCount, members.ToImmutable());
    }

    private XrayRecord? Run(ulong inode, int firstMember, out string? reason)
    {
        reason = Open();
        if (reason is not null)
        {
            return null;
        }

        byte[] control = new byte[XrayProgram.ControlLength];
        MemoryMarshal.Write(control.AsSpan(XrayProgram.WantedInode), in inode);
        MemoryMarshal.Write(control.AsSpan(XrayProgram.FirstMember), in firstMember);
        _control!.Update([0, 0, 0, 0], control);

        using FdLease lease = new(_link!);
        IteratorCreateAttributes attributes = new() { link_fd = lease.Number };
        nint fd = BpfCall.Invoke(BpfCommand.BPF_ITER_CREATE, ref attributes);
        if (fd < 0)
        {
            reason = Refused("BPF_ITER_CREATE", BpfCall.ErrnoOf(fd));
            return null;
        }

        using SafeIteratorFd iterator = new(fd);
        XrayRecord? record = XrayRecord.Read(ReadToEnd(iterator, out Errno errno));
        reason = errno != Errno.None ? Refused("read", errno) : record is null ? "No process that can be seen from here holds the socket." : null;
        return errno == Errno.None ? record : null;
    }

    private static ReadOnlySpan<byte> ReadToEnd(SafeIteratorFd iterator, out Errno errno)
    {
        byte[] buffer = new byte[1 << 16];
        int length = 0;
        while (true)
        {
            nint read = Sys.read(iterator, buffer.AsSpan(length));
            if (read is -(int)Errno.EAGAIN or -(int)Errno.EINTR)
            {
                continue; // the kernel asks for another try after a million files
            }

            if (read <= 0)
            {
                errno = BpfCall.ErrnoOf(read);
                return buffer.AsSpan(0, length);
            }

            length += (int)read;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private string? Open()
    {
        if (_opened)
        {
            return _refusal;
        }

        _opened = true;
        _refusal = null;
        try
        {
            KernelOffsets? offsets = s_offsets;
            if (offsets is null)
            {
                if (!BtfTypes.TryRead(File.ReadAllBytes(KernelBtf.Path), out BtfTypes? btf, out ImmutableArray<Diagnostic> diagnostics))
                {
                    return _refusal = $"The kernel's BTF cannot be read: {diagnostics[0].Message}";
                }

                if (KernelOffsets.Find(btf, out string? missing) is not KernelOffsets found)
                {
                    return _refusal = $"This kernel's BTF has no {missing}.";
                }

                s_offsets = offsets = found;
            }

            ProgramSpec spec = XrayProgram.Create(offsets);
            _control = LinuxMap.Create(XrayProgram.Control);
            _program = LinuxProgram.Load(spec, [_control], offsets.IteratorId);
            using FdLease lease = new(_program.Fd);
            LinkCreateAttributes attributes = new() { prog_fd = lease.Number, attach_type = (uint)AttachType.TraceIterator };
            nint fd = BpfCall.Invoke(BpfCommand.BPF_LINK_CREATE, ref attributes);
            if (fd >= 0)
            {
                _link = new SafeLinkFd(fd);
                return null;
            }

            _refusal = Refused("BPF_LINK_CREATE", BpfCall.ErrnoOf(fd));
        }
        catch (BackendException exception)
        {
            _refusal = Refused(exception.Operation, exception.Errno);
        }
        catch (IOException exception)
        {
            _refusal = $"{KernelBtf.Path} cannot be read: {exception.Message}";
        }
        catch (UnauthorizedAccessException exception)
        {
            _refusal = $"{KernelBtf.Path} cannot be read: {exception.Message}";
        }

        Close();
        return _refusal;
    }

    private void Close()
    {
        _link?.Dispose();
        _program?.Dispose();
        _control?.Dispose();
        (_link, _program, _control) = (null, null, null);
    }

    private static string Refused(string operation, Errno errno) =>
        $"{operation} of the group inspection is refused ({LinuxErrors.Name(errno)}); it needs CAP_BPF and CAP_PERFMON and a kernel of 5.11 or later with BTF.";
}
