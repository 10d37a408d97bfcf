using Microsoft.Win32.SafeHandles;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A capture in a file.</summary>
internal sealed class FileInput : ICaptureInput
{
    private readonly SafeFileHandle _file;

    /// <summary>Opens the file.</summary>
    /// <exception cref="NotSupportedException">It is a pipe or a terminal, which can be read once only.</exception>
    public FileInput(string path)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        try
        {
            Length = RandomAccess.GetLength(_file);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public long Length { get; }

    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(_file, buffer, offset);

    public void Dispose() => _file.Dispose();
}
