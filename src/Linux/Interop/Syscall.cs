namespace ReuseportPS.Linux.Interop;

/// <summary>
/// System calls by the kernel's names. The low 16 bits are the number on x86-64, the high 16 bits the number on arm64
/// (asm-generic); only calls that both have are used.
/// </summary>
internal enum Syscall
{
    read = 0 | (63 << 16),
    close = 3 | (57 << 16),
    mmap = 9 | (222 << 16),
    munmap = 11 | (215 << 16),
    socket = 41 | (198 << 16),
    connect = 42 | (203 << 16),
    sendto = 44 | (206 << 16),
    recvfrom = 45 | (207 << 16),
    shutdown = 48 | (210 << 16),
    bind = 49 | (200 << 16),
    listen = 50 | (201 << 16),
    getsockname = 51 | (204 << 16),
    getpeername = 52 | (205 << 16),
    setsockopt = 54 | (208 << 16),
    getsockopt = 55 | (209 << 16),
    fcntl = 72 | (25 << 16),
    flock = 73 | (32 << 16),
    fchmod = 91 | (52 << 16),
    setfsuid = 122 | (151 << 16),
    capget = 125 | (90 << 16),
    statfs = 137 | (43 << 16),
    mount = 165 | (40 << 16),
    umount2 = 166 | (39 << 16),
    sched_setaffinity = 203 | (122 << 16),
    sched_getaffinity = 204 | (123 << 16),
    clock_gettime = 228 | (113 << 16),
    openat = 257 | (56 << 16),
    mkdirat = 258 | (34 << 16),
    unlinkat = 263 | (35 << 16),
    readlinkat = 267 | (78 << 16),
    ppoll = 271 | (73 << 16),
    unshare = 272 | (97 << 16),
    accept4 = 288 | (242 << 16),
    setns = 308 | (268 << 16),
    renameat2 = 316 | (276 << 16),
    bpf = 321 | (280 << 16),
    membarrier = 324 | (283 << 16),
    statx = 332 | (291 << 16),
    pidfd_open = 434 | (434 << 16),
    pidfd_getfd = 438 | (438 << 16),
}
