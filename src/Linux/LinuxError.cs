using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux;

/// <summary>What one error number of one operation means.</summary>
/// <param name="Code">Diagnostic code.</param>
/// <param name="Operation">The operation in the kernel's words.</param>
/// <param name="Scope">Which objects it speaks of, such as <c>sockarray</c>; empty for all.</param>
/// <param name="Errno">Error number.</param>
/// <param name="Cause">Why the kernel answers so; completes "OPERATION on OBJECT failed: ".</param>
/// <param name="Remedy">What to do.</param>
public sealed record LinuxError(string Code, string Operation, string Scope, Errno Errno, string Cause, string Remedy);
