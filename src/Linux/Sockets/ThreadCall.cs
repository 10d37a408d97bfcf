using System.Globalization;
using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Sockets;

/// <summary>The system call that a thread is blocked in, from /proc/PID/task/TID/syscall: its number and first argument. No I/O.</summary>
/// <param name="Number">Number of the call on this architecture.</param>
/// <param name="FirstArgument">For the calls that are known here, a file descriptor.</param>
internal readonly record struct ThreadCall(int Number, ulong FirstArgument)
{
    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // epoll_wait (x86-64 only), epoll_pwait, epoll_pwait2.
    private static readonly int[] s_epoll = s_isArm ? [22, 441] : [232, 281, 441];

    // recvfrom, recvmsg, recvmmsg, accept, accept4.
    private static readonly int[] s_onSocket = s_isArm ? [207, 212, 243, 202, 242] : [45, 47, 299, 43, 288];

    /// <summary>It waits at the epoll instance of that descriptor.</summary>
    internal bool WaitsAt(int epoll) => FirstArgument == (uint)epoll && s_epoll.Contains(Number);

    /// <summary>It waits for what comes to the socket of that descriptor.</summary>
    internal bool ReceivesFrom(int socket) => FirstArgument == (uint)socket && s_onSocket.Contains(Number);

    /// <summary>Reads <c>232 0x5 0x7f...</c>; null for a thread that runs, or is blocked elsewhere than in a call.</summary>
    internal static ThreadCall? Read(string text)
    {
        string[] words = text.Split(' ', 3);
        return words.Length >= 2 && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && words[1].StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(words[1].AsSpan(2).TrimEnd(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong argument)
            ? new ThreadCall(number, argument)
            : null;
    }
}
