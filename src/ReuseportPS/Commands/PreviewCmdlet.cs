using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Session;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>A cmdlet that previews for a number of slots, or for a group as it is.</summary>
public abstract class PreviewCmdlet : BackendCmdlet
{
    /// <summary>Slots of the group to pretend, each with a member in its seat; or give -Group.</summary>
    [Parameter]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>A group whose slots and seats are taken as they are now, with the flows and loads that the policy would know if it were set on it now; or give -SlotCount.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    public string? Group { get; set; }

    /// <summary>The group to preview for.</summary>
    private protected PreviewGroup Target()
    {
        if ((Group is null) == (SlotCount == 0))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("Give either -SlotCount or -Group."), "SlotCountOrGroup", ErrorCategory.InvalidArgument, Group));
        }

        return Group is null ? new PreviewGroup(SlotCount) : PreviewGroups.Of(Groups(), Group);
    }
}
