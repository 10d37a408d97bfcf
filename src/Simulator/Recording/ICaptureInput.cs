namespace ReuseportPS.Simulator.Recording;

/// <summary>The bytes of a capture, read by position.</summary>
internal interface ICaptureInput : IDisposable
{
    /// <summary>Length in bytes at the time of opening.</summary>
    long Length { get; }

    /// <summary>Reads at a position; 0 at the end. Throws <see cref="IOException"/> when the system cannot read.</summary>
    int Read(Span<byte> buffer, long offset);
}
