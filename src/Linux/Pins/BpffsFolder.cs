using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Environments;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Pins;

/// <summary>A directory of pins. A pin is made under a temporary name, which no pin can have, and renamed over the old one.</summary>
internal sealed class BpffsFolder(string path, string published, SafeDirectoryFd? making, bool isShared) : IPinFolder
{
    internal const string TemporaryPrefix = "T"; // names of pins are in lower case
    private const int MaxNameLength = 40;

    private string _path = path;
    private SafeDirectoryFd? _making = making;

    public IReadOnlyList<string> Names => [.. BpffsDirectory.Names(_path).Where(IsName)];

    public void Pin(string name, IBackendMap map) =>
        Pin(name, map is LinuxMap linuxMap ? linuxMap.Fd : throw new ArgumentException("The map is of another backend.", nameof(map)));

    public void Pin(string name, IBackendProgram program) =>
        Pin(name, program is LinuxProgram linuxProgram ? linuxProgram.Fd : throw new ArgumentException("The program is of another backend.", nameof(program)));

    public IBackendMap? OpenMap(string name)
    {
        nint fd = Get(name, "bpf-map");
        return fd < 0 ? null : LinuxMap.FromDescriptor(fd);
    }

    public IBackendProgram? OpenProgram(string name)
    {
        nint fd = Get(name, "bpf-prog");
        return fd < 0 ? null : LinuxProgram.FromDescriptor(fd);
    }

    public void Unpin(string name) => BpffsDirectory.Unlink(PinPath(name));

    public void RequireMaker(string why)
    {
        const ulong MakesMaps = (1UL << (int)Capability.CAP_BPF) | (1UL << (int)Capability.CAP_SYS_ADMIN); // which includes the other
        if (isShared && Sys.capget(out ulong effective) >= 0 && (effective & MakesMaps) == 0)
        {
            throw LinuxErrors.Own(
                "RPS5410", Errno.EPERM, "BPF_MAP_CREATE", $"The pins in {_path} are open to this user, but this change {why}, which takes CAP_BPF.",
                "Run with CAP_BPF, or have somebody do it who may. File permission alone is enough to read, to tell loads, and to change weights, states and lists as far as the pinned maps have room.");
        }
    }

    public void Publish()
    {
        if (_making is null)
        {
            throw new InvalidOperationException("The folder is published already.");
        }

        nint result = Sys.renameat2(_path, published, Sys.RENAME_NOREPLACE);
        if (result < 0)
        {
            throw LinuxErrors.Refused("rename", result, published);
        }

        _path = published;
        _making.Dispose();
        _making = null;
    }

    public void Dispose()
    {
        if (_making is not null)
        {
            using SafeDirectoryFd locked = _making;
            _making = null;
            BpffsDirectory.Remove(_path);
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private string PinPath(string name) =>
        IsName(name) ? _path + "/" + name : throw new ArgumentException($"'{name}' cannot be the name of a pin.", nameof(name));

    private void Pin(string name, SafeFd descriptor)
    {
        string pin = PinPath(name);
        string temporary = _path + "/" + TemporaryPrefix + name;
        BpffsDirectory.Unlink(temporary); // of one who died in between
        nint result = BpfCall.Pin(descriptor, temporary);
        if (result < 0)
        {
            throw LinuxErrors.Refused("BPF_OBJ_PIN", result, pin);
        }

        if (isShared)
        {
            SharedPins.OpenPin(temporary);
        }

        result = Sys.renameat2(temporary, pin, 0);
        if (result < 0)
        {
            BpffsDirectory.Unlink(temporary);
            throw LinuxErrors.Refused("rename", result, pin);
        }
    }

    // A pin can be a map, a program or a link; the descriptor's link in /proc tells which.
    private nint Get(string name, string kind)
    {
        string pin = PinPath(name);
        nint fd = BpfCall.Get(pin);
        if (fd == -(int)Errno.ENOENT)
        {
            return fd;
        }

        if (fd < 0)
        {
            throw LinuxErrors.Refused("BPF_OBJ_GET", fd, pin);
        }

        Span<byte> link = stackalloc byte[64];
        nint length = Sys.readlinkat(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}"), link);
        if (length > 0 && Encoding.ASCII.GetString(link[..(int)length]).EndsWith(kind, StringComparison.Ordinal))
        {
            return fd;
        }

        new SafeProgramFd(fd).Dispose();
        throw LinuxErrors.Own("RPS5086", Errno.EINVAL, "BPF_OBJ_GET", $"The pin '{pin}' is not a {kind}.", "Remove the group and make it again.");
    }
}
