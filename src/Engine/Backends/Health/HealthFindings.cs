using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>What the doctor can find: why each matters, and what to do. <c>NAME</c> in a remedy stands for the name of the group.</summary>
public static class HealthFindings
{
    /// <summary>A member that sits in no slot.</summary>
    public static readonly DiagnosticDefinition UnseatedMember = DiagnosticDefinition.Error(
        "RPS5340", "Member without a seat",
        "The socket is a member of the kernel group and sits in no slot. A policy selects slots, so the socket gets nothing but what falls back to the kernel's own choice.",
        "Seat it with: Sync-ReuseportGroup NAME.");

    /// <summary>A member that another program holds.</summary>
    public static readonly DiagnosticDefinition ForeignMember = DiagnosticDefinition.Warning(
        "RPS5341", "Member of another program",
        "Another program of the same user has bound the address with SO_REUSEPORT and so joined the group. Clients that reach it talk to the wrong service.",
        "Stop that program or move it to another port. While it lives, give its slot no weight, or leave it without a seat.");

    /// <summary>Members of two instances of a server.</summary>
    public static readonly DiagnosticDefinition SecondServer = DiagnosticDefinition.Warning(
        "RPS5342", "Members of two servers",
        "Two instances of the server share the group. That is right while one takes over from the other; a leftover or a server started twice gets traffic that nobody meant for it.",
        "Drain the slots of one (Suspend-SocketSlot NAME) and stop it; for a handover see Sync-ReuseportGroup -NewGeneration.");

    /// <summary>A worker that serves several members of one kernel group.</summary>
    public static readonly DiagnosticDefinition DuplicateWorker = DiagnosticDefinition.Warning(
        "RPS5343", "One worker in several slots",
        "The worker serves several members of one kernel group, so it gets the shares of all their slots: weights that look even are not.",
        "Give the worker one socket in the server's configuration, or count its slots together in the policy's weights.");

    /// <summary>A UDP socket that was connected.</summary>
    public static readonly DiagnosticDefinition ConnectedSocket = DiagnosticDefinition.Information(
        "RPS5344", "Connected UDP socket",
        "A UDP socket leaves the group, and its seat, when it is connected (Linux 6.13 and later). It gets the datagrams of its peer whatever the policy says. Servers that bind and connect a socket for each client (haproxy for QUIC, DTLS servers) do so on purpose.",
        "Nothing, if the server does so on purpose. A worker that connected its listening socket must open another one: a disconnect does not bring it back.");

    /// <summary>A socket with the group's address that is in another kernel group, or in none.</summary>
    public static readonly DiagnosticDefinition OrphanedSocket = DiagnosticDefinition.Error(
        "RPS5345", "Socket beside the group",
        "The socket has the address of the group and is not a member of it: it was connected and disconnected, or bound before SO_REUSEPORT was set, or has joined such a socket. Depending on the order of binds it takes all packets, none of which the program sees.",
        "Close the socket, or restart the process that holds it; then Sync-ReuseportGroup NAME.");

    /// <summary>A TCP socket that is bound to the group's address and does not listen.</summary>
    public static readonly DiagnosticDefinition NotListening = DiagnosticDefinition.Warning(
        "RPS5346", "TCP socket that does not listen",
        "The socket is bound to the group's address and does not listen, so it is no member and cannot be seated: listen was never called, or the listener was shut down.",
        "Call listen in the server, or restart the worker; then Sync-ReuseportGroup NAME.");

    /// <summary>SO_REUSEPORT is off.</summary>
    public static readonly DiagnosticDefinition OptionOff = DiagnosticDefinition.Error(
        "RPS5347", "SO_REUSEPORT is off",
        "Without the option a socket is in no group and cannot be steered. A member that cleared it keeps its seat, but a packet that meets it first in the kernel's table goes to it, past the program.",
        "Turn the option on in the server before bind (nginx: listen … reuseport, unbound: so-reuseport: yes) and restart it.");

    /// <summary>An MPTCP listener.</summary>
    public static readonly DiagnosticDefinition MptcpListener = DiagnosticDefinition.Warning(
        "RPS5348", "MPTCP listener",
        "The TCP listener inside an MPTCP socket is in the group, and the kernel refuses to seat it (errno 524). It gets only what falls back to the kernel's own choice. Go listens so by default since 1.24.",
        "Turn MPTCP off in the server (Go: ListenConfig.SetMultipathTCP(false), or GODEBUG=multipathtcp=0) and restart it.");

    /// <summary>Slots without a member.</summary>
    public static readonly DiagnosticDefinition EmptySeat = DiagnosticDefinition.Warning(
        "RPS5349", "Empty seat",
        "Nobody sits there. What the policy means for the slot goes where its on-miss says, and the other slots carry the load.",
        "Start the worker and run Sync-ReuseportGroup NAME, or take the slot out of the policy.");

    /// <summary>A kernel group of which nobody is left.</summary>
    public static readonly DiagnosticDefinition NobodyThere = DiagnosticDefinition.Error(
        "RPS5350", "Kernel group without members",
        "Nobody listens at the address any more. The kernel's group, and the attachment of the program with it, ended with its last member.",
        "Start the server and run Sync-ReuseportGroup NAME, or remove the group with Remove-ReuseportGroup NAME.");

    /// <summary>A program that this project did not attach.</summary>
    public static readonly DiagnosticDefinition ForeignProgram = DiagnosticDefinition.Error(
        "RPS5351", "Program of others",
        "Another program decides. Attaching overwrites silently, so the group's policy, if it has one, has no effect; and whoever attached this one may attach it again.",
        "Find out who attaches it (bpftool prog show). Sync-ReuseportGroup NAME -Force and Set-SteeringPolicy NAME -Force replace it.");

    /// <summary>The program is gone.</summary>
    public static readonly DiagnosticDefinition ProgramMissing = DiagnosticDefinition.Error(
        "RPS5352", "Program missing",
        "The group has no program attached, though one was: somebody detached it, or the server was restarted and its group is a new one. The kernel's own choice decides.",
        "Attach it again with: Sync-ReuseportGroup NAME.");

    /// <summary>Sockets of a server in a kernel group that is not managed with the others.</summary>
    public static readonly DiagnosticDefinition SplitGroup = DiagnosticDefinition.Warning(
        "RPS5353", "Sockets split over groups",
        "The kernel tells groups apart by family, address, device and IPV6_V6ONLY. Packets go to the most specific match; the program of one group never sees those that another group takes.",
        "Bind all workers alike, or adopt all kernel groups of the port under one name: Remove-ReuseportGroup NAME, then New-ReuseportGroup NAME -Port PORT.");

    /// <summary>Sockets of another user.</summary>
    public static readonly DiagnosticDefinition UidMismatch = DiagnosticDefinition.Warning(
        "RPS5354", "Sockets of another user",
        "Sockets of different users never share a group. What is bound to an address that overlaps is a group of its own (for UDP, SO_REUSEADDR on all of them allows even the same address), and takes packets past the program.",
        "Run all workers under one user, or let one process bind the sockets and pass them on.");

    /// <summary>SO_REUSEADDR and SO_REUSEPORT, as .NET's ReuseAddress sets them.</summary>
    public static readonly DiagnosticDefinition ReuseAddressTrap = DiagnosticDefinition.Warning(
        "RPS5355", "Port shared by SO_REUSEADDR",
        "On Linux .NET's SocketOptionName.ReuseAddress (and ExclusiveAddressUse = false) sets SO_REUSEADDR and SO_REUSEPORT. Two programs that only wanted a quick restart then share the port, without an error, and each gets a part of the other's traffic.",
        "In .NET leave ReuseAddress unset: for TCP it sets SO_REUSEADDR by itself at bind. Stop the program that should not be there.");

    /// <summary>A socket that nobody serves.</summary>
    public static readonly DiagnosticDefinition NotServed = DiagnosticDefinition.Error(
        "RPS5356", "Socket that nobody serves",
        "The socket is open and in the group, and nobody waits for what arrives: connections and datagrams that go to it hang until they time out.",
        "Start the service, or restart the worker. If a stopped service's socket unit keeps the socket, stop the unit too. Until then: Suspend-SocketSlot NAME.");

    /// <summary>Sockets of which it cannot be told who serves them.</summary>
    public static readonly DiagnosticDefinition UnresolvedWorker = DiagnosticDefinition.Information(
        "RPS5357", "Worker unknown",
        "No thread waits for the socket at an epoll instance or in a call, so it cannot be told which worker a slot is. Servers that use poll, select or io_uring, and threads that are always busy, look so.",
        "Nothing, if the server works. Name slots by cookie or by the order of their binds.");

    /// <summary>A socket that process 1 holds too.</summary>
    public static readonly DiagnosticDefinition HeldByInit = DiagnosticDefinition.Information(
        "RPS5358", "Socket held by process 1",
        "systemd's socket units (ReusePort=) keep the socket open when the service stops: its seat stays taken and connections wait in its queue until the service runs again.",
        "Drain the slot (Suspend-SocketSlot NAME) before the service stops, or stop the socket unit with it.");

    /// <summary>A socket that several workers serve.</summary>
    public static readonly DiagnosticDefinition SharedSocket = DiagnosticDefinition.Information(
        "RPS5359", "Socket with several workers",
        "Several threads or processes wait for the same socket, and whoever is first gets what arrives. A policy chooses the socket, not the worker.",
        "Nothing, if that is meant. To steer by worker give each its own socket (nginx: listen … reuseport; haproxy: shards by-thread).");

    /// <summary>A worker that hangs.</summary>
    public static readonly DiagnosticDefinition HungWorker = DiagnosticDefinition.Error(
        "RPS5360", "Hung worker",
        "What arrived waits, and nothing was taken from the queue while it was watched. The kernel goes on giving the worker its share, and clients that get it hang.",
        "Take the slot out of the choice with Suspend-SocketSlot NAME, look at the worker (stopped, deadlocked, out of descriptors), restart it, then Resume-SocketSlot.");

    /// <summary>A queue that is full.</summary>
    public static readonly DiagnosticDefinition FullQueue = DiagnosticDefinition.Error(
        "RPS5361", "Queue full",
        "There is no room in the queue: new connections to the socket are not completed, new datagrams are dropped.",
        "Give the slot less weight (Set-SocketSlot NAME -Weight), or more workers, a longer backlog (listen, net.core.somaxconn) or a larger buffer (SO_RCVBUF).");

    /// <summary>Draining without migration.</summary>
    public static readonly DiagnosticDefinition MigrationOff = DiagnosticDefinition.Warning(
        "RPS5362", "Draining without migration",
        "A TCP slot is draining and net.ipv4.tcp_migrate_req is 0: when its listener closes, connections in its accept queue and half-open ones are reset.",
        "Wait until the queue is empty (Suspend-SocketSlot NAME -Wait), or set net.ipv4.tcp_migrate_req=1 in the server's network namespace, or write 'migrate: policy' into the policy.");

    /// <summary>SYN cookies for every connection.</summary>
    public static readonly DiagnosticDefinition SynCookies = DiagnosticDefinition.Warning(
        "RPS5363", "SYN cookies always on",
        "With net.ipv4.tcp_syncookies=2 the program decides twice for each connection: for the SYN and for the ACK. Counters count both, and a balancer that does not repeat its choice (random, round-robin) decides by the second.",
        "Set net.ipv4.tcp_syncookies=1, the default, or steer by a hash of the flow and read the counters with that in mind.");

    /// <summary>A flow table that is nearly full.</summary>
    public static readonly DiagnosticDefinition FlowTableFull = DiagnosticDefinition.Warning(
        "RPS5364", "Flow table nearly full",
        "A flow table drives out the flows that were used longest ago when it needs room. A flow that is driven out is decided anew, maybe for another slot.",
        "Give the rule more entries (sticky: { entries: … }), or a shorter idle time, and apply the policy with Set-SteeringPolicy NAME.");

    /// <summary>Nearly all seats of a sockarray are in use.</summary>
    public static readonly DiagnosticDefinition SeatsNearlyFull = DiagnosticDefinition.Warning(
        "RPS5365", "Seats nearly used up",
        "The sockarray of a kernel group has 32768 entries, as many as a kernel group may have members, and slots do not renumber. When all are used, members that come cannot be seated.",
        "Stop members that are not needed; if most slots are empty, remove the group and adopt the server again.");

    /// <summary>Something could not be looked at.</summary>
    public static readonly DiagnosticDefinition CouldNotLook = DiagnosticDefinition.Warning(
        "RPS5366", "Could not look",
        "A part of the test was not made, so what it would have found is not known.",
        "Run as root, or with the capabilities that are named; Test-ReuseportEnvironment says what this shell has.");

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        UnseatedMember, ForeignMember, SecondServer, DuplicateWorker, ConnectedSocket, OrphanedSocket, NotListening, OptionOff, MptcpListener,
        EmptySeat, NobodyThere, ForeignProgram, ProgramMissing, SplitGroup, UidMismatch, ReuseAddressTrap, NotServed, UnresolvedWorker, HeldByInit, SharedSocket,
        HungWorker, FullQueue, MigrationOff, SynCookies, FlowTableFull, SeatsNearlyFull, CouldNotLook,
    ];
}
