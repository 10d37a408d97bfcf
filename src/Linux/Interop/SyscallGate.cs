namespace ReuseportPS.Linux.Interop;

/// <summary>Stands before a system call. What it returns is taken for the kernel's result.</summary>
/// <param name="call">The call.</param>
/// <param name="a">Its first argument: the command of bpf(2), the descriptor of most others.</param>
/// <param name="b">Its second argument.</param>
/// <param name="make">Makes the call.</param>
internal delegate nint SyscallGate(Syscall call, nint a, nint b, Func<nint> make);
