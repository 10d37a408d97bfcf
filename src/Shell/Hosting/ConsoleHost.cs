using System.Globalization;
using System.Management.Automation.Host;

namespace ReuseportPS.Shell.Hosting;

/// <summary>What the engine knows of the program around it.</summary>
/// <param name="ui">The console.</param>
internal sealed class ConsoleHost(ConsoleUserInterface ui) : PSHost
{
    /// <summary>The code of <c>exit</c>; null until a script or the user leaves the session.</summary>
    public int? ExitRequested { get; private set; }

    /// <summary>As pwsh's: scripts ask for it, and the engine measures the width of text itself for hosts of this name.</summary>
    public override string Name => "ConsoleHost";

    public override Version Version { get; } = typeof(PSHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI { get; } = ui;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override void SetShouldExit(int exitCode) => ExitRequested = exitCode;

    public override void EnterNestedPrompt() => throw NoNestedPrompt();

    public override void ExitNestedPrompt() => throw NoNestedPrompt();

    public override void NotifyBeginApplication() => ui.HideProgress();

    public override void NotifyEndApplication()
    {
    }

    private static NotSupportedException NoNestedPrompt() => new("The Shell has no nested prompt and no debugger; use pwsh for that.");
}
