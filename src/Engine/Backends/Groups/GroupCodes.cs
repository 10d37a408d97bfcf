namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Diagnostic codes of groups.</summary>
public static class GroupCodes
{
    /// <summary>No group has that name.</summary>
    public const string GroupNotFound = "RPS5301";

    /// <summary>A group has that name already.</summary>
    public const string GroupExists = "RPS5302";

    /// <summary>No socket matches: nobody listens there.</summary>
    public const string NobodyListens = "RPS5303";

    /// <summary>The sockets were bound without SO_REUSEPORT.</summary>
    public const string NotReuseport = "RPS5304";

    /// <summary>The group has a program that is not ours, or may have.</summary>
    public const string ForeignProgram = "RPS5305";

    /// <summary>The pins were written by another layout version.</summary>
    public const string UnknownLayout = "RPS5306";

    /// <summary>The pins of a group are incomplete or damaged.</summary>
    public const string DamagedPins = "RPS5307";

    /// <summary>No member of a kernel group is alive to attach through.</summary>
    public const string NoMember = "RPS5308";

    /// <summary>A request that makes no sense: no slots, no address.</summary>
    public const string BadRequest = "RPS5309";

    /// <summary>The group has no policy.</summary>
    public const string NoPolicy = "RPS5310";

    /// <summary>A group name that cannot be used.</summary>
    public const string BadName = "RPS5311";

    /// <summary>A slot, or a name of slots, that the group does not have.</summary>
    public const string NoSuchSlot = "RPS5320";

    /// <summary>A weight or a load of which the group's policy makes no use.</summary>
    public const string NothingToChange = "RPS5321";

    /// <summary>The change would leave new flows of the group without a slot.</summary>
    public const string NobodyLeft = "RPS5322";

    /// <summary>A socket that cannot be given the seat.</summary>
    public const string CannotSeat = "RPS5323";

    /// <summary>A new generation was asked for, and the group's policy has none.</summary>
    public const string NoGenerations = "RPS5324";

    /// <summary>The kernel's choice cannot be kept as it is: it depends on more than order and hash, or cannot be seen.</summary>
    public const string CannotFreeze = "RPS5400";

    /// <summary>The sockets to adopt are in several network namespaces.</summary>
    public const string SeveralNamespaces = "RPS5401";

    /// <summary>The network namespace of the group has ended, or no process in it can be seen.</summary>
    public const string NamespaceEnded = "RPS5402";

    /// <summary>The network namespace of the group has ended, and another has its number.</summary>
    public const string OtherNamespace = "RPS5403";

    /// <summary>A program of this project is attached whose pins are gone.</summary>
    public const string LostPins = "RPS5326";

    /// <summary>The policy of the group reports no samples of its decisions.</summary>
    public const string NoSamples = "RPS5325";
}
