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
/// Needs CAP_BPF and CAP_PERFMON. What is refused is an answer, not an error: <see cref="Refusal"/> says why nothing can be seen.
/// </summary>
internal sealed class GroupXray : IDisposable
{
    private const string BtfPath = "/sys/kernel/btf/vmlinux";
    private const int Readings = 5;

    private readonly Lock _lock = new();
    private bool _opened;
    private LinuxMap? _control;
    private LinuxProgram? _program;
    private SafeLinkFd? _link;

    /// <summary>Why nothing can be seen; null when it can or was not tried yet.</summary>
    internal string? Refusal { get; private set; }

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
            XrayRecord? record = Run(inode, 0);
            return record?.Attachment ?? new Attachment(AttachmentState.Unknown, Reason: Refusal ?? "No process that can be seen from here holds the socket.");
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

    /// <summary>Loads the program; false when that is refused.</summary>
    internal bool TryOpen()
    {
        lock (_lock)
        {
            return Open();
        }
    }

    private GroupSnapshot? ReadWhole(ulong inode)
    {
        XrayRecord? first = Run(inode, 0);
        if (first is not { HasGroup: true })
        {
            return first is null ? null : new GroupSnapshot(first.Attachment, 0, []);
        }

        ImmutableArray<ulong>.Builder members = ImmutableArray.CreateBuilder<ulong>(first.MemberCount);
        members.AddRange(first.Cookies);
        while (members.Count < first.MemberCount)
        {
            XrayRecord? more = Run(inode, members.Count);
            if (more is null || more.MemberCount != first.MemberCount || more.Cookies.IsEmpty)
            {
                return null;
            }

            members.AddRange(more.Cookies);
        }

        return new GroupSnapshot(first.Attachment, first.ClosedCount, members.ToImmutable());
    }

    private XrayRecord? Run(ulong inode, int firstMember)
    {
        if (!Open())
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
            Refusal = Refused("BPF_ITER_CREATE", BpfCall.ErrnoOf(fd));
            return null;
        }

        using SafeIteratorFd iterator = new(fd);
        return XrayRecord.Read(ReadToEnd(iterator));
    }

    private static ReadOnlySpan<byte> ReadToEnd(SafeIteratorFd iterator)
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
                return buffer.AsSpan(0, length);
            }

            length += (int)read;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private bool Open()
    {
        if (_opened)
        {
            return _link is not null;
        }

        _opened = true;
        try
        {
            if (!BtfTypes.TryRead(File.ReadAllBytes(BtfPath), out BtfTypes? btf, out ImmutableArray<Diagnostic> diagnostics))
            {
                Refusal = $"The kernel's BTF cannot be read: {diagnostics[0].Message}";
                return false;
            }

            if (KernelOffsets.Find(btf, out string? missing) is not KernelOffsets offsets)
            {
                Refusal = $"This kernel's BTF has no {missing}.";
                return false;
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
                return true;
            }

            Refusal = Refused("BPF_LINK_CREATE", BpfCall.ErrnoOf(fd));
        }
        catch (BackendException exception)
        {
            Refusal = Refused(exception.Operation, exception.Errno);
        }
        catch (IOException exception)
        {
            Refusal = $"{BtfPath} cannot be read: {exception.Message}";
        }
        catch (UnauthorizedAccessException exception)
        {
            Refusal = $"{BtfPath} cannot be read: {exception.Message}";
        }

        Close();
        _opened = true;
        return false;
    }

    private void Close()
    {
        _link?.Dispose();
        _program?.Dispose();
        _control?.Dispose();
        (_link, _program, _control, _opened) = (null, null, null, false);
    }

    private static string Refused(string operation, Errno errno) =>
        $"{operation} of the group inspection is refused ({LinuxErrors.Name(errno)}); it needs CAP_BPF and CAP_PERFMON and a kernel of 5.11 or later with BTF.";
}
