using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>Numbers the system calls of a command. Of the walk over all open files of the host, which changes nothing and has a readlink for each, only every sixty-fourth counts.</summary>
internal sealed class CallCounter(bool skipsClose)
{
    private const int Walk = 64;

    private int _links;

    /// <summary>Calls numbered so far.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a call, or 0 when it has none.</summary>
    public int Next(Syscall call) =>
        (skipsClose && call == Syscall.close) || (call == Syscall.readlinkat && _links++ % Walk != 0) ? 0 : ++Count;
}
