using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Process", DefaultParameterSetName = "Name")]
[OutputType(typeof(Process))]
public sealed class GetProcessCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    [Parameter(ParameterSetName = "Id", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PID")]
    public int[]? Id { get; set; }

    protected override void ProcessRecord()
    {
        IEnumerable<Process> found = Id is not null ? Id.Select(ById).OfType<Process>() : Name is not null ? Name.SelectMany(ByName) : Process.GetProcesses();
        WriteObject(found.DistinctBy(process => process.Id).OrderBy(NameOf, StringComparer.OrdinalIgnoreCase).ThenBy(process => process.Id).ToArray(), enumerateCollection: true);
    }

    private Process? ById(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            WriteNotFound($"Cannot find a process with the process identifier {id}.", "NoProcessFoundForGivenId", id);
            return null;
        }
    }

    private Process[] ByName(string name)
    {
        WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        Process[] found = [.. Process.GetProcesses().Where(process => pattern.IsMatch(NameOf(process)))];
        if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
        {
            WriteNotFound($"Cannot find a process with the name \"{name}\". Verify the process name and call the cmdlet again.", "NoProcessFoundForGivenName", name);
        }

        return found;
    }

    // A process may end between being listed and being asked.
    private static string NameOf(Process process)
    {
        try
        {
            return process.ProcessName;
        }
        catch (Exception problem) when (problem is InvalidOperationException or Win32Exception)
        {
            return "";
        }
    }

    private void WriteNotFound(string message, string id, object target) =>
        WriteError(new ErrorRecord(new ProcessCommandException(message), id, ErrorCategory.ObjectNotFound, target));
}
