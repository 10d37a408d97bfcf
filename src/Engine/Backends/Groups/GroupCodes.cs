namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Diagnostic codes of groups.</summary>
public static class GroupCodes
{
    /// <summary>No group has that name.</summary>
    public const string GroupNotFound = "RPS5101";

    /// <summary>A group has that name already.</summary>
    public const string GroupExists = "RPS5102";

    /// <summary>No socket matches: nobody listens there.</summary>
    public const string NobodyListens = "RPS5103";

    /// <summary>The sockets were bound without SO_REUSEPORT.</summary>
    public const string NotReuseport = "RPS5104";

    /// <summary>The group has a program that is not ours, or may have.</summary>
    public const string ForeignProgram = "RPS5105";

    /// <summary>The pins were written by another layout version.</summary>
    public const string UnknownLayout = "RPS5106";

    /// <summary>The pins of a group are incomplete or damaged.</summary>
    public const string DamagedPins = "RPS5107";

    /// <summary>No member of a kernel group is alive to attach through.</summary>
    public const string NoMember = "RPS5108";

    /// <summary>A request that makes no sense: no slots, no address.</summary>
    public const string BadRequest = "RPS5109";

    /// <summary>The group has no policy.</summary>
    public const string NoPolicy = "RPS5110";

    /// <summary>A group name that cannot be used.</summary>
    public const string BadName = "RPS5111";
}
