using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Variable")]
[OutputType(typeof(PSVariable))]
public sealed class GetVariableCommand : VariableCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public SwitchParameter ValueOnly { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            PSVariable[] found = Find(name, Scope, out bool filtered);
            foreach (PSVariable variable in found)
            {
                WriteObject(ValueOnly ? variable.Value : variable);
            }

            if (found.Length == 0 && !filtered)
            {
                ItemNotFoundException absent = new($"Cannot find a variable with the name '{name}'.");
                WriteError(new ErrorRecord(absent, "VariableNotFound", ErrorCategory.ObjectNotFound, name));
            }
        }
    }
}
