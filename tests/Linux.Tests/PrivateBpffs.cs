using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

/// <summary>A BPF file system of the test's own.</summary>
internal sealed class PrivateBpffs : IDisposable
{
    internal PrivateBpffs()
    {
        Path = Directory.CreateTempSubdirectory("reuseportps-bpffs-").FullName;
        nint result = Sys.mount("bpf", Path, "bpf", 0, "mode=0700");
        if (result < 0)
        {
            Directory.Delete(Path);
            Assert.Skip($"Needs to mount a BPF file system: errno {-result}.");
        }
    }

    internal string Path { get; }

    public void Dispose()
    {
        Assert.Equal(0, Sys.umount2(Path, Sys.MNT_DETACH));
        Directory.Delete(Path);
    }
}
