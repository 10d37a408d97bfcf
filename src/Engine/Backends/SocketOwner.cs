namespace ReuseportPS.Engine.Backends;

/// <summary>A process that holds a socket.</summary>
/// <param name="ProcessId">Process id.</param>
/// <param name="FileDescriptor">Its file descriptor; good only at the moment it was read.</param>
/// <param name="Command">Command name (comm).</param>
public sealed record SocketOwner(int ProcessId, int FileDescriptor, string Command);
