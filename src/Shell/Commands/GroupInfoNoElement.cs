using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>A group that counts its objects and does not keep them.</summary>
public sealed class GroupInfoNoElement : GroupInfo
{
    internal GroupInfoNoElement(object?[] key)
        : base(key)
    {
    }

    internal override void Add(PSObject value) => AddUnseen();
}
