using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator;

/// <summary>Turns the error numbers of the simulated kernel into exceptions.</summary>
internal static class Refusal
{
    /// <summary>Code of every refusal by the simulated kernel; the error number says which.</summary>
    public const string Code = "RPS5200";

    /// <summary>A refusal of an operation.</summary>
    /// <param name="errno">Error number.</param>
    /// <param name="operation">The operation in the kernel's words, as the Linux backend names it.</param>
    /// <param name="target">What it was done to, as the user knows it.</param>
    /// <param name="cause">Why, or null when the error number says it.</param>
    /// <param name="remedy">What to do.</param>
    public static BackendException Of(Errno errno, string operation, string target, string? cause = null, string? remedy = null) =>
        new(errno, operation, Diagnostic.Error(Code, $"{operation} on {target} failed: {cause ?? "the kernel refuses it"} ({errno}).", null, remedy));

    /// <summary>Throws unless the operation succeeded.</summary>
    public static void Check(Errno errno, string operation, string target, string? cause = null, string? remedy = null)
    {
        if (errno != Errno.None)
        {
            throw Of(errno, operation, target, cause, remedy);
        }
    }
}
