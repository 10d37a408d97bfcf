using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Commands;

/// <summary>A cmdlet that acts on named groups.</summary>
public abstract class GroupCmdlet : BackendCmdlet
{
    /// <summary>Name of the group.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GroupName", "Name")]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Group { get; set; } = "";

    /// <summary>Runs an action on the group, with errors as non-terminating errors on its name.</summary>
    private protected void WithGroup(GroupCatalog groups, Action<ManagedGroup> action) => Guard(Group, () =>
    {
        using ManagedGroup group = groups.Find(Group) ?? throw groups.NotFound(Group);
        action(group);
    });
}
