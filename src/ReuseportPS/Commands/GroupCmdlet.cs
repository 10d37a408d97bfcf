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
        using ManagedGroup group = groups.Find(ResolveName(groups)) ?? throw groups.NotFound(Group);
        action(group);
    });

    /// <summary>Asks whether to change a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="action">What would be done, in words.</param>
    /// <param name="reason">Why not.</param>
    private protected bool ShouldChange(ManagedGroup group, string action, out ShouldProcessReason reason)
    {
        string target = $"group '{group.Name}' on the {group.Backend.Kind} backend";
        return ShouldProcess($"Performing the operation \"{action}\" on target \"{target}\".", $"{action}\n{target}", "Confirm", out reason);
    }

    /// <summary>The name as the group has it: names are told apart by case, but a name in another case finds the only group it can mean.</summary>
    private protected string ResolveName(GroupCatalog groups)
    {
        string[] alike = [.. groups.Names.Where(name => string.Equals(name, Group, StringComparison.OrdinalIgnoreCase))];
        return alike.Length == 1 ? alike[0] : Group;
    }
}
