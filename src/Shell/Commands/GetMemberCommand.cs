using System.Management.Automation;
using System.Management.Automation.Internal;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Member")]
[OutputType(typeof(MemberDefinition))]
public sealed class GetMemberCommand : PSCmdlet
{
    private readonly HashSet<string> _shown = new(StringComparer.OrdinalIgnoreCase);

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    [Alias("Type")]
    public PSMemberTypes MemberType { get; set; } = PSMemberTypes.All;

    protected override void ProcessRecord()
    {
        if (InputObject is null || ReferenceEquals(InputObject, AutomationNull.Value))
        {
            return;
        }

        string typeName = InputObject.TypeNames.FirstOrDefault() ?? "<null>";
        if (!_shown.Add(typeName))
        {
            return;
        }

        foreach (string name in Name)
        {
            IEnumerable<MemberDefinition> members = InputObject.Members.Match(name, MemberType)
                .Where(member => member is not PSMethod method || !EngineInternals.IsSpecial(method))
                .Select(member => new MemberDefinition(typeName, member.Name, member.MemberType, member.ToString()!))
                .OrderBy(member => member.MemberType.ToString(), StringComparer.OrdinalIgnoreCase)
                .ThenBy(member => member.Name, StringComparer.OrdinalIgnoreCase);
            WriteObject(members, enumerateCollection: true);
        }
    }

    protected override void EndProcessing()
    {
        if (_shown.Count == 0)
        {
            WriteError(new ErrorRecord(
                new InvalidOperationException("You must specify an object for the Get-Member cmdlet."), "NoObjectInGetMember", ErrorCategory.CloseError, targetObject: null));
        }
    }
}
