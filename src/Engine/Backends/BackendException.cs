using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends;

/// <summary>An operation that the kernel, real or simulated, refused.</summary>
public sealed class BackendException : DiagnosticException
{
    /// <summary>A refusal.</summary>
    /// <param name="errno">Error number of the operation.</param>
    /// <param name="operation">The operation in the kernel's words, such as <c>bind</c> or <c>BPF_MAP_UPDATE_ELEM</c>.</param>
    /// <param name="diagnostic">What it was done to, why it fails, what to do.</param>
    /// <param name="log">The verifier's log, when the operation was BPF_PROG_LOAD.</param>
    public BackendException(Errno errno, string operation, Diagnostic diagnostic, string? log = null)
        : base(diagnostic)
    {
        Errno = errno;
        Operation = operation;
        Log = log;
    }

    /// <summary>Error number, or <see cref="Errno.None"/> when the refusal is this project's own.</summary>
    public Errno Errno { get; }

    /// <summary>The operation that was refused.</summary>
    public string Operation { get; }

    /// <summary>The verifier's log, or null.</summary>
    public string? Log { get; }
}
