using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

/// <summary>A BPF file system of the test's own.</summary>
internal sealed class PrivateBpffs : IDisposable
{
    internal PrivateBpffs()
    {
        Path = Directory.CreateTempSubdirectory("reuseportps-bpffs-").FullName;
        IsMounted = Sys.mount("bpf", Path, "bpf", 0, "mode=0700") >= 0;
    }

    internal string Path { get; }

    internal bool IsMounted { get; }

    public void Dispose()
    {
        if (IsMounted)
        {
            Assert.Equal(0, Sys.umount2(Path, Sys.MNT_DETACH));
        }

        Directory.Delete(Path);
    }
}
