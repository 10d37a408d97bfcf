namespace ReuseportPS.Linux.Interop;

/// <summary>Sees a system call before it is made. What it answers is taken for the kernel's result; null lets the call pass.</summary>
/// <param name="call">The call.</param>
/// <param name="a">Its first argument: the command of bpf(2), the descriptor of most others.</param>
/// <param name="b">Its second argument.</param>
internal delegate nint? SyscallGate(Syscall call, nint a, nint b);
