namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>A command that something happens to.</summary>
/// <param name="Name">Name of the case.</param>
/// <param name="Setup">Commands before it, all of which succeed; separated by commas.</param>
/// <param name="Command">The command.</param>
/// <param name="Before">Slots that may be served before it, one digit each.</param>
/// <param name="After">Slots that may be served once it is done.</param>
public sealed record FaultCase(string Name, string Setup, string Command, string Before, string After)
{
    /// <summary>Every command that changes a group.</summary>
    public static IReadOnlyList<FaultCase> All { get; } =
    [
        new("adopt", "", "new", "01", "01"),
        new("first policy", "new", "set 0", "01", "0"),
        new("other program", "new,set 0", "set 1", "0", "1"),
        new("other data", "new,set 10", "set 01", "0", "1"),
        new("on trial", "new,set 0", "try 1", "0", "1"),
        new("confirm", "new,set 0,try 1", "confirm", "1", "1"),
        new("return", "new,set 0,try 1", "return", "1", "0"),
        new("drain", "new,set 0,set 10,weight 1 1", "drain 0", "01", "1"),
        new("weight", "new,set 10", "weight 1 9", "0", "01"),
        new("list", "new,set in", "set out", "1", "0"),
        new("list beyond its room", "new,set in", "set many", "1", "0"),
        new("member's list", "new,set in", "member set out", "1", "0"),
        new("member's drain", "new,set 0,set 10,member weight 1 1", "member drain 0", "01", "1"),
        new("member's weight", "new,set 10,drain 1,weight 1 3", "member weight 1 9", "0", "0"),
        new("unset", "new,set 0", "unset", "0", "01"),
        new("remove", "new,set 0", "remove", "0", "01"),
        new("remove on trial", "new,set 0,try 1", "remove", "1", "01"),
    ];

    /// <summary>The commands before it.</summary>
    public IEnumerable<string> SetupCommands => Setup.Split(',', StringSplitOptions.RemoveEmptyEntries);

    public static FaultCase Named(string name) => All.Single(one => one.Name == name);

    public override string ToString() => Name;
}
