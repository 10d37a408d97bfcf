using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends;

/// <summary>
/// The kernel as this project needs it: sockets, maps, programs, pins. Implemented by the Simulator and by Linux; what both
/// do with these operations (groups, slots, policies) is written once, above this contract. Every refusal is a
/// <see cref="BackendException"/> with the kernel's errno.
/// </summary>
public interface IReuseportBackend : IDisposable
{
    /// <summary>What it is.</summary>
    BackendInfo Info { get; }

    /// <summary>The namespace that the process is in (Linux), or the simulator's first.</summary>
    INetworkNamespace CurrentNamespace { get; }

    /// <summary>CLOCK_MONOTONIC in nanoseconds, as programs read it.</summary>
    ulong MonotonicTime { get; }

    /// <summary>CLOCK_BOOTTIME in nanoseconds, as programs read it: it goes on while the machine sleeps.</summary>
    ulong BootTime { get; }

    /// <summary>The time of day; a simulator begins in 1970.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Where groups are kept for other shells.</summary>
    IPinStore Pins { get; }

    /// <summary>
    /// Makes a private network namespace with loopback up, in which every IPv4 and IPv6 address is local, so that any flow can
    /// be reproduced in it. Gone when disposed and its sockets are closed.
    /// </summary>
    INetworkNamespace CreateNamespace();

    /// <summary>
    /// A network namespace that is not the current one, by its identity; null when no process in it can be seen. On Linux it is entered where that is permitted (CAP_SYS_ADMIN), and otherwise
    /// seen through /proc. Not to be kept: it may hold the namespace alive.
    /// </summary>
    INetworkNamespace? OpenNamespace(ulong id) => null;

    /// <summary>Creates a socket: not bound, with the options of <paramref name="spec"/> set.</summary>
    IBackendSocket CreateSocket(SocketSpec spec, INetworkNamespace? networkNamespace = null);

    /// <summary>TCP listeners and bound UDP sockets that match.</summary>
    IReadOnlyList<SocketRecord> FindSockets(SocketQuery query);

    /// <summary>
    /// Every socket that matches, in every network namespace that can be seen (or in the query's), with who serves it. Refuses nothing: what may not be
    /// seen is said.
    /// </summary>
    SocketSurvey Survey(SocketQuery query) =>
        new([.. SocketSurvey.Ask(this, FindSockets(query), ImmutableDictionary<ulong, ImmutableArray<SocketWorker>>.Empty)], []);

    /// <summary>When a process began; null when it has ended, or that cannot be seen.</summary>
    DateTimeOffset? StartOf(int processId) => null;

    /// <summary>A handle on a found socket, for as short as possible: while it is open the socket outlives its owner. (pidfd_getfd)</summary>
    IBackendSocket AcquireSocket(SocketRecord record);

    /// <summary>Handles on found sockets, one after the other, as they are asked for: dispose each before the next. What one refuses ends the row.</summary>
    IEnumerable<IBackendSocket> AcquireSockets(IEnumerable<SocketRecord> records) => records.Select(AcquireSocket);

    /// <summary>Creates a map and writes its contents. For a map of maps the inner template is made and released on the way.</summary>
    IBackendMap CreateMap(MapSpec spec);

    /// <summary>Loads a program against live maps, in the order of <see cref="ProgramSpec.Maps"/>.</summary>
    IBackendProgram LoadProgram(ProgramSpec spec, IReadOnlyList<IBackendMap> maps);

    /// <summary>What is attached to the group of a socket; <see cref="AttachmentState.Unknown"/> when it cannot be seen.</summary>
    Attachment InspectAttachment(SocketRecord member);

    /// <summary>Cookies of the live members of a socket's kernel group, in the kernel's own order; null when it cannot be seen.</summary>
    IReadOnlyList<ulong>? MemberOrder(SocketRecord member);

    /// <summary>Opens a loaded program by its id; null when there is none of that id. (BPF_PROG_GET_FD_BY_ID, CAP_SYS_ADMIN)</summary>
    IBackendProgram? OpenProgram(uint id);

    /// <summary>Opens a map by its id; null when there is none of that id. (BPF_MAP_GET_FD_BY_ID, CAP_SYS_ADMIN)</summary>
    IBackendMap? OpenMap(uint id);

    /// <summary>Handles on the maps that a program uses; their order means nothing. (CAP_SYS_ADMIN)</summary>
    IReadOnlyList<IBackendMap> OpenMaps(IBackendProgram program);

    /// <summary>Who holds a program beside this process and the pins of <see cref="Pins"/>, in words: other processes and pins elsewhere, as far as they can be seen.</summary>
    IReadOnlyList<string> FindHolders(IBackendProgram program) => [];

    /// <summary>Returns when every packet that could have begun with the old value of a map has been decided. (membarrier, RCU)</summary>
    void WaitForReaders();

    /// <summary>Waits until one of the sockets has something to receive or accept and returns it; null when the time is over. A simulator does not wait.</summary>
    IBackendSocket? WaitForArrival(IReadOnlyList<IBackendSocket> sockets, TimeSpan timeout);

    /// <summary>Lets time pass, for what timers of the kernel do: Linux sleeps, a simulator sets its clock forward.</summary>
    void LetTimePass(TimeSpan time);

    /// <summary>Runs something inside a network namespace on one CPU: what it sends over loopback is processed there. Calls may nest.</summary>
    /// <exception cref="BackendException">EINVAL: there is no such CPU, or the process may not use it.</exception>
    void RunOn(int cpu, INetworkNamespace? networkNamespace, Action action);

    /// <summary>Why the backend cannot do something that the kernel can; null when it can.</summary>
    string? Lacks(BackendAbility ability) => null;

    /// <summary>What works here and what does not, by trying.</summary>
    IReadOnlyList<EnvironmentCheck> CheckEnvironment();
}
