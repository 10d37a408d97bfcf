namespace System.Runtime.CompilerServices;

/// <summary>Lets generated code use what is internal to an assembly. The runtime knows it by its name.</summary>
/// <param name="assemblyName">The assembly.</param>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
