using System.Collections.Frozen;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>The words of a test file. A cmdlet must be named Verb-Noun, so each word without a dash is an alias of a cmdlet that nobody calls by name.</summary>
internal static class PesterLanguage
{
    public const string Verb = "Pester";

    private static readonly FrozenDictionary<string, Type> s_cmdlets = Assembly.GetExecutingAssembly().GetTypes()
        .Where(type => !type.IsAbstract && type.GetCustomAttribute<CmdletAttribute>() is not null)
        .ToFrozenDictionary(type => type.GetCustomAttribute<CmdletAttribute>()! is { } name ? $"{name.VerbName}-{name.NounName}" : "", StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether this is the cmdlet behind a word, which a file must not call by its own name.</summary>
    public static bool IsBehindAWord(string cmdletName) => cmdletName.StartsWith(Verb + "-", StringComparison.OrdinalIgnoreCase);

    public static void AddTo(InitialSessionState session)
    {
        foreach ((string name, Type type) in s_cmdlets)
        {
            session.Commands.Add(new SessionStateCmdletEntry(name, type, helpFileName: null));
            if (IsBehindAWord(name))
            {
                session.Commands.Add(new SessionStateAliasEntry(name[(Verb.Length + 1)..], name));
            }
        }
    }
}
