using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>Get-ReuseportConnection: the established connections of a group.</summary>
[Cmdlet(VerbsCommon.Get, "ReuseportConnection")]
[OutputType(typeof(ReuseportConnection))]
public sealed class GetReuseportConnectionCommand : GroupCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = Groups();
        WithGroup(groups, group =>
        {
            if (groups.Backend is not ILiveConnections)
            {
                WriteWarning($"The {groups.Backend.Info.Kind} backend does not list connections.");
            }

            foreach (LiveConnection connection in GroupConnections.Of(groups.Backend, group))
            {
                WriteObject(new ReuseportConnection(
                    group.Name, groups.Backend.Info.Kind, connection.Protocol, connection.Remote, connection.Local, connection.Cookie));
            }
        });
    }
}
