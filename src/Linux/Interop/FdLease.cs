namespace ReuseportPS.Linux.Interop;

/// <summary>The bare number of a descriptor, good while the lease is held: nobody can close the descriptor meanwhile.</summary>
internal readonly ref struct FdLease
{
    private readonly SafeFd _fd;

    internal FdLease(SafeFd fd)
    {
        bool held = false;
        fd.DangerousAddRef(ref held);
        _fd = fd;
        Number = (int)fd.DangerousGetHandle();
    }

    internal int Number { get; }

    public void Dispose() => _fd.DangerousRelease();
}
