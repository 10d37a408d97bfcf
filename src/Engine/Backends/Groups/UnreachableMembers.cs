using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The refusal to treat a kernel group as dead while its seats hold sockets that cannot be found from here.</summary>
internal static class UnreachableMembers
{
    /// <param name="group">Name of the group.</param>
    /// <param name="kernelGroup">The kernel group, or null when the state that names it is lost.</param>
    /// <param name="searched">The namespaces in which the members were looked for.</param>
    public static DiagnosticException Refusal(string group, KernelGroupKey? kernelGroup, IEnumerable<INetworkNamespace> searched)
    {
        ulong[] ids = [.. searched.Select(space => space.Id)];
        string here = string.Join(", ", ids);
        return new DiagnosticException(kernelGroup is null || ids.Contains(kernelGroup.Namespace)
            ? Diagnostic.Error(
                GroupCodes.NoMember,
                $"{kernelGroup?.ToString() ?? "A kernel group"} of group '{group}' has seated members, but none of them is in network namespace {here}.",
                remedy: "Run in the server's network namespace (nsenter --net=/proc/PID/ns/net), or stop the server first.")
            : Diagnostic.Error(
                GroupCodes.NoMember,
                $"{kernelGroup} of group '{group}' is in network namespace {kernelGroup.Namespace}, and this shell is in {here}: its members cannot be reached.",
                remedy: "Run there (nsenter --net=/proc/PID/ns/net, PID being a process of the server)."));
    }
}
