using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Diagnostic codes of changes that are taken back: former policies, deadlines, programs that were replaced by force.</summary>
public static class TrialCodes
{
    /// <summary>The group has no such former policy.</summary>
    public const string NoFormerPolicy = "RPS5370";

    /// <summary>A change that needs another program, while the group's policy waits to be confirmed.</summary>
    public const string Unconfirmed = "RPS5371";

    /// <summary>Nothing waits to be confirmed.</summary>
    public const string NothingToConfirm = "RPS5372";

    /// <summary>A deadline cannot return to what the group has.</summary>
    public const string CannotReturnTo = "RPS5373";

    /// <summary>The deadline has passed: the group has returned to what it had.</summary>
    public const string TooLate = "RPS5374";

    /// <summary>No program that -Force replaced is kept.</summary>
    public const string NothingReplaced = "RPS5375";

    /// <summary>Another program was attached in the same moment.</summary>
    public const string Overtaken = "RPS5376";

    internal static DiagnosticException CannotReturn(string former, string why) => new(Diagnostic.Error(
        CannotReturnTo, $"A deadline cannot return to {former}: {why}.",
        remedy: "Apply it without -ConfirmWithin; Restore-SteeringPolicy puts a policy before it back."));
}
