using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// A capture file of the classic pcap format: microseconds or nanoseconds, either byte order, every <see cref="LinkType"/>. It is streamed through one
/// buffer of 1 MiB whatever its size. What cannot be read is the reader's <see cref="IPacketReader.Failure"/>, known from the moment of
/// <see cref="Open"/> when the file cannot be opened or its header is refused; nothing is thrown.
/// </summary>
public sealed class PcapFile : IPacketSource
{
    private readonly Func<ICaptureInput> _open;

    /// <summary>The file at a path. It is opened at each <see cref="Open"/>.</summary>
    public PcapFile(string path)
        : this(Path.GetFileName(path), () => new FileInput(path))
    {
    }

    private PcapFile(string description, Func<ICaptureInput> open)
    {
        Description = description;
        _open = open;
    }

    /// <summary>The name of the file, without its folder.</summary>
    public string Description { get; }

    /// <summary>A capture that is in memory.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="bytes">The whole file. It must not change while it is read.</param>
    public static PcapFile FromBytes(string name, ReadOnlyMemory<byte> bytes) => new(name, () => new MemoryInput(bytes));

    /// <inheritdoc/>
    public IPacketReader Open()
    {
        try
        {
            return new PcapReader(Description, _open());
        }
        catch (NotSupportedException)
        {
            return new PcapReader(Description, TraceDiagnostics.Unreadable.At(
                new SourceLocation(Description, Offset: 0), $"'{Description}' is a pipe, and a trace is read more than once.", "Save the capture to a file first."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            SourceLocation place = new(Description, Offset: 0);
            return new PcapReader(Description, TraceDiagnostics.Unreadable.At(place, $"'{Description}' cannot be opened: {exception.Message}"));
        }
    }
}
