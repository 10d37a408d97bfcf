using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Set-SocketSlot: another weight, state, load or socket for slots of a group. Nothing is attached anew; a failure leaves the group as it was.</summary>
[Cmdlet(VerbsCommon.Set, "SocketSlot", SupportsShouldProcess = true, DefaultParameterSetName = ByData)]
[OutputType(typeof(SocketSlotChange), typeof(SteeringChangePreview))]
public sealed class SetSocketSlotCommand : SlotCmdlet
{
    private const string ByData = "Data";
    private const string BySocket = "Socket";

    /// <summary>The weight of each of the slots, 0 to 1000000. The group's policy is changed, and shows it.</summary>
    [Parameter(ParameterSetName = ByData)]
    [ValidateRange(0, SlotWeight.Highest)]
    public int? Weight { get; set; }

    /// <summary>The rule whose weights are meant, or otherwise; by default all that have one for the slot.</summary>
    [Parameter(ParameterSetName = ByData)]
    [ValidateNotNullOrEmpty]
    public string? Rule { get; set; }

    /// <summary>The load of each of the slots, in whatever unit; it counts from now on until the policy calls it stale.</summary>
    [Parameter(ParameterSetName = ByData)]
    public uint? Load { get; set; }

    /// <summary>What the slots are meant for: Active, Draining or Standby.</summary>
    [Parameter(ParameterSetName = ByData)]
    public SlotState? State { get; set; }

    /// <summary>The socket to seat in the slot: an object of Find-ReuseportSocket, or a cookie. Who sits there loses the seat, in one step.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BySocket)]
    public object? Socket { get; set; }

    private protected override void Act(IReuseportBackend backend, ManagedGroup group, EquatableArray<SlotItem> slots)
    {
        if (ParameterSetName == BySocket)
        {
            SeatSocket(backend, group, slots);
            return;
        }

        if (Weight is null && Load is null && State is null)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException("There is nothing to set: give -Weight, -Load, -State or -Socket."), "NothingToSet", ErrorCategory.InvalidArgument, group.Name));
            return;
        }

        Change(backend, group, new SlotChange(slots) { Weight = Weight, Rule = Rule, State = State, Load = Load });
    }

    private void SeatSocket(IReuseportBackend backend, ManagedGroup group, EquatableArray<SlotItem> slots)
    {
        object? value = Socket is PSObject wrapped ? wrapped.BaseObject : Socket;
        ulong cookie = value is ReuseportSocket found ? found.Cookie
            : ulong.TryParse(LanguagePrimitives.ConvertTo<string>(value), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;
        if (cookie == 0 || group.ResolveSlots(slots) is not [int slot])
        {
            WriteError(new ErrorRecord(
                new PSArgumentException(cookie == 0
                    ? $"'{Socket}' is no socket: give an object of Find-ReuseportSocket, or a cookie."
                    : "-Socket seats one socket in one slot: name one."),
                "InvalidSeat", ErrorCategory.InvalidArgument, Socket));
            return;
        }

        if (Confirm(backend, group, group.PlanSeat(slot, cookie)))
        {
            WriteObject(new SocketSlotChange(group, group.Seat(slot, cookie, Force)));
        }
    }
}
