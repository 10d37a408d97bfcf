using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using ReuseportPS.Shell;
using ReuseportPS.Shell.Hosting;

CommandLine line = CommandLine.Parse(args);
if (line.Error is not null)
{
    Console.Error.WriteLine(line.Error);
    Console.Error.WriteLine();
    Console.Error.WriteLine(CommandLine.Usage);
    return ExitCode.Usage;
}

string versions = $"ReuseportPS Shell {VersionOf(typeof(CommandTable))} on PowerShell {VersionOf(typeof(PSObject))}";
switch (line.Mode)
{
    case CommandLineMode.Help:
        Console.Out.WriteLine(CommandLine.Usage);
        return ExitCode.Success;
    case CommandLineMode.Version:
        Console.Out.WriteLine(versions);
        return ExitCode.Success;
    default:
        break;
}

try
{
    using ConsoleSession session = new(ShellSessionState.Create(ModuleLocator.StagedManifest()), line.NonInteractive);
    switch (line.Mode)
    {
        case CommandLineMode.File:
            return session.RunFile(line.Text, line.Arguments);
        case CommandLineMode.Command:
            return session.RunCommand(line.Text);
        case CommandLineMode.InputWithPrompt when Console.IsInputRedirected:
            return session.RunLines(new StreamLines(showsPrompt: true, isInteractive: true));
        case CommandLineMode.Input or CommandLineMode.Prompt when Console.IsInputRedirected:
            return session.RunLines(new StreamLines(showsPrompt: false, isInteractive: false));
        default:
            if (!line.NoLogo)
            {
                session.WriteLine(versions);
                session.WriteLine("Get-Command -Module ReuseportPS lists the module's commands; exit leaves.");
            }

            return session.RunLines(session.TerminalLines());
    }
}
catch (Exception problem) when (problem is ModuleNotBuiltException or RunspaceOpenModuleLoadException)
{
    Console.Error.WriteLine(problem.Message);
    return ExitCode.Initialization;
}

static string VersionOf(Type type) =>
    type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split(' ', '+')[0];
