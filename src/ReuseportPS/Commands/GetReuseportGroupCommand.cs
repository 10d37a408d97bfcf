using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Get-ReuseportGroup: the groups of the backend.</summary>
[Cmdlet(VerbsCommon.Get, "ReuseportGroup")]
[OutputType(typeof(ReuseportGroup))]
public sealed class GetReuseportGroupCommand : BackendCmdlet
{
    /// <summary>Names or wildcard patterns; all groups by default.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Name, () =>
    {
        GroupCatalog groups = Groups();
        foreach (string pattern in Name)
        {
            Guard(pattern, () =>
            {
                foreach (string name in NamesLike(groups, pattern))
                {
                    Guard(name, () => Write(groups, name));
                }
            });
        }
    });

    private void Write(GroupCatalog groups, string name)
    {
        using ManagedGroup? group = groups.Find(name);
        if (group is not null)
        {
            WriteObject(new ReuseportGroup(group));
        }
    }
}
