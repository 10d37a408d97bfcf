using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Puts members of running servers into seats.</summary>
internal static class Seating
{
    private const int Attempts = 40;
    private const ulong Patience = 3_000_000_000; // nanoseconds; a kernel that is busy frees late

    /// <summary>Members of one kernel group in the kernel's order; as they were found where that cannot be seen.</summary>
    public static ImmutableArray<SocketRecord> InKernelOrder(IReuseportBackend backend, ImmutableArray<SocketRecord> members)
    {
        if (members.IsEmpty || backend.MemberOrder(members[0]) is not { } order)
        {
            return members;
        }

        Dictionary<ulong, int> places = order.Index().ToDictionary(member => member.Item, member => member.Index);
        return [.. members.OrderBy(member => places.GetValueOrDefault(member.Cookie, int.MaxValue))];
    }

    /// <summary>Seats a member. The seats of a group just removed are freed a grace period later, and its members are busy until then.</summary>
    public static void Put(IReuseportBackend backend, IBackendMap seats, int slot, IBackendSocket socket, SocketRecord member)
    {
        ulong start = backend.MonotonicTime;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                seats.UpdateSocket((uint)slot, socket);
                return;
            }
            catch (BackendException exception) when (exception.Errno == Errno.EBUSY)
            {
                // A simulated clock stands still here.
                ulong waited = backend.MonotonicTime - start;
                if ((attempt >= Attempts && (waited == 0 || waited > Patience)) || backend.InspectAttachment(member).State != AttachmentState.None)
                {
                    throw new BackendException(exception.Errno, exception.Operation, Diagnostic.Error(
                        exception.Diagnostics[0].Code,
                        $"{KernelGroupKey.Of(member)}: the socket with cookie {member.Cookie} is a member of another group or pin directory.",
                        remedy: "Remove that group first with Remove-ReuseportGroup, in the pin directory that has it."));
                }
            }

            backend.WaitForReaders();
        }
    }
}
