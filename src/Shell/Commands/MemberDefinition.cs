using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>A member of an object, as Get-Member writes it.</summary>
/// <param name="typeName">The type of the object.</param>
/// <param name="name">The member's name.</param>
/// <param name="memberType">Its kind.</param>
/// <param name="definition">Its signature or value.</param>
public sealed class MemberDefinition(string typeName, string name, PSMemberTypes memberType, string definition)
{
    /// <summary>The type of the object.</summary>
    public string TypeName { get; } = typeName;

    /// <summary>The member's name.</summary>
    public string Name { get; } = name;

    /// <summary>Its kind.</summary>
    public PSMemberTypes MemberType { get; } = memberType;

    /// <summary>Its signature or value.</summary>
    public string Definition { get; } = definition;

    /// <summary>The definition.</summary>
    public override string ToString() => Definition;
}
