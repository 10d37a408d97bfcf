using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Contract;

/// <summary>Runs something on a thread with another filesystem uid, which is what a socket takes its owner from. (setfsuid)</summary>
internal static class FileSystemUser
{
    private const Syscall SetFsUid = (Syscall)(122 | (151 << 16));

    public static T Run<T>(uint uid, Func<T> function)
    {
        _ = Sys.Invoke(SetFsUid, (nint)uid);
        try
        {
            return function();
        }
        finally
        {
            _ = Sys.Invoke(SetFsUid, 0);
        }
    }
}
