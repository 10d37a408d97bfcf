using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>The real thing, where this machine has it and it loads here.</summary>
internal static class RealPester
{
    private static readonly Lazy<string?> s_here = new(() => Find("Pester"));

    /// <summary>Why the stand-in does not run, or null where it does.</summary>
    public static string? StepAsideReason => s_here.Value is { } pester
        ? $"{pester} is importable: the stand-in steps aside. Run: Import-Module ./ReuseportPS.psd1; Invoke-Pester tests/Pester"
        : null;

    /// <summary>Name and version of the module if one of this name or path can be imported; there are modules that lie on the path and do not load here.</summary>
    public static string? Find(string module)
    {
        using Runspace runspace = PesterRunspace.Open(module: null);
        using PowerShell list = PowerShell.Create(runspace);
        if (list.AddCommand("Get-Module").AddParameter("Name", module).AddParameter("ListAvailable").Invoke().Count == 0)
        {
            return null;
        }
        using PowerShell import = PowerShell.Create(runspace);
        try
        {
            PSModuleInfo? found = import.AddCommand("Import-Module").AddParameter("Name", module)
                .AddParameter("PassThru").AddParameter("ErrorAction", "Stop").Invoke<PSModuleInfo>().FirstOrDefault();
            return found is null ? null : $"{found.Name} {found.Version}";
        }
        catch (RuntimeException)
        {
            return null;
        }
    }
}
