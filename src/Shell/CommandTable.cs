using System.Collections.Immutable;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace ReuseportPS.Shell;

/// <summary>
/// The general cmdlets that pwsh has and System.Management.Automation alone lacks, as the Shell brings them: every public class
/// of this assembly with a <see cref="CmdletAttribute"/>.
/// </summary>
/// <remarks>
/// The classes and the types they write live in the namespace Microsoft.PowerShell.Commands, because a script sees those names:
/// in <c>FullyQualifiedErrorId</c>, in <c>Get-Member</c>, and as the key by which the engine's own views are found.
/// </remarks>
public static class CommandTable
{
    /// <summary>Command name and implementing class, sorted by name (ordinal, ignoring case).</summary>
    public static ImmutableSortedDictionary<string, Type> Commands { get; } = typeof(CommandTable).Assembly.GetExportedTypes()
        .Select(type => (Type: type, Cmdlet: type.GetCustomAttribute<CmdletAttribute>(inherit: false)))
        .Where(entry => entry.Cmdlet is not null)
        .ToImmutableSortedDictionary(
            entry => $"{entry.Cmdlet!.VerbName}-{entry.Cmdlet.NounName}",
            entry => entry.Type,
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds every command of the table to a session state.</summary>
    internal static void AddTo(InitialSessionState state)
    {
        foreach ((string name, Type type) in Commands)
        {
            state.Commands.Add(new SessionStateCmdletEntry(name, type, helpFileName: null));
        }
    }
}
