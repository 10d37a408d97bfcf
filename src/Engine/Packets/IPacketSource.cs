namespace ReuseportPS.Engine.Packets;

/// <summary>A sequence of packets that can be read any number of times: a capture file, a generated trace, live connections.</summary>
public interface IPacketSource
{
    /// <summary>What it is, for messages: a file name, <c>generated, seed 7</c>.</summary>
    string Description { get; }

    /// <summary>Starts reading from the beginning; each call is independent of the others.</summary>
    IPacketReader Open();

    /// <summary>As <see cref="Open()"/>, for a reading that may be long: it ends in the middle of a search for the next packet too.</summary>
    /// <param name="cancellationToken">Ends the reading with an <see cref="OperationCanceledException"/>.</param>
    IPacketReader Open(CancellationToken cancellationToken) => Open();
}
