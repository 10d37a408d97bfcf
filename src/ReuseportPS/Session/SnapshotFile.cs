using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Snapshots;

namespace ReuseportPS.Session;

/// <summary>Snapshots in files.</summary>
internal static class SnapshotFile
{
    /// <summary>Reads a snapshot, and never more of the file than a snapshot may have.</summary>
    /// <exception cref="DiagnosticException">The file is no snapshot.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HostSnapshot Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using MemoryStream document = new();
        byte[] buffer = new byte[81920];
        for (int read = file.Read(buffer); read > 0 && document.Length <= SnapshotLimits.Bytes; read = file.Read(buffer))
        {
            document.Write(buffer, 0, read);
        }

        return Read(document.GetBuffer().AsMemory(0, (int)document.Length), Path.GetFileName(path));
    }

    /// <summary>The document, which can be read again.</summary>
    /// <exception cref="DiagnosticException">It could not be imported.</exception>
    public static byte[] Write(HostSnapshot snapshot)
    {
        byte[] document = SnapshotWriter.Write(snapshot);
        _ = Read(document, source: null);
        return document;
    }

    private static HostSnapshot Read(ReadOnlyMemory<byte> document, string? source)
    {
        SnapshotReading reading = SnapshotReader.Read(document, source);
        return reading.Snapshot ?? throw new DiagnosticException(reading.Diagnostics);
    }
}
