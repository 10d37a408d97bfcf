using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.New, "Object", DefaultParameterSetName = "Net")]
public sealed class NewObjectCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "Net", Mandatory = true, Position = 0)]
    public string TypeName { get; set; } = "";

    [Parameter(ParameterSetName = "Net", Position = 1)]
    [Alias("Args")]
    public object?[] ArgumentList { get; set; } = [];

    [Parameter]
    public IDictionary? Property { get; set; }

    protected override void BeginProcessing()
    {
        if (!LanguagePrimitives.TryConvertTo(TypeName, CultureInfo.InvariantCulture, out Type type))
        {
            Fail(new PSArgumentException($"Cannot find type [{TypeName}]: verify that the assembly containing this type is loaded."), "TypeNotFound", ErrorCategory.InvalidType);
        }

        PSObject created = Construct(type);
        foreach (DictionaryEntry entry in Property ?? new Hashtable())
        {
            created = SetMember(created, entry.Key.ToString() ?? "", entry.Value);
        }

        WriteObject(created);
    }

    // The engine's own call resolves overloads and converts arguments as [type]::new() does.
    private PSObject Construct(Type type)
    {
        ConstructorInfo[] constructors = type.GetConstructors();
        if (ArgumentList.Length == 0)
        {
            constructors = [.. constructors.Where(constructor => constructor.GetParameters().Length == 0)];
        }

        try
        {
            if (constructors.Length > 0)
            {
                return PSObject.AsPSObject(EngineInternals.ConstructorInvokeDotNet(adapter: null, type, constructors, ArgumentList));
            }

            if (type.IsValueType && ArgumentList.Length == 0)
            {
                return PSObject.AsPSObject(Activator.CreateInstance(type)!);
            }
        }
        catch (Exception problem) when (problem is MethodException or TargetInvocationException)
        {
            Fail(problem, "ConstructorInvokedThrowException", ErrorCategory.InvalidOperation);
        }

        throw Fail(
            new PSArgumentException($"A constructor was not found. Cannot find an appropriate constructor for type {TypeName}."),
            "CannotFindAppropriateCtor",
            ErrorCategory.ObjectNotFound);
    }

    private PSObject SetMember(PSObject wrapped, string name, object? value)
    {
        try
        {
            if (wrapped.BaseObject is PSCustomObject)
            {
                wrapped.Properties.Add(new PSNoteProperty(name, value));
            }
            else if (wrapped.Properties[name] is { } property)
            {
                property.Value = value;
            }
            else if (wrapped.Methods[name] is { } method)
            {
                method.Invoke(LanguagePrimitives.ConvertTo<object?[]>(value));
            }
            else
            {
                Fail(new InvalidOperationException($"The member \"{name}\" was not found for the specified .NET object."), "InvalidOperationException", ErrorCategory.InvalidOperation);
            }
        }
        catch (SetValueException problem)
        {
            Fail(new InvalidOperationException("The value supplied is not valid, or the property is read-only. Change the value, and then try again.", problem), "SetValueException", ErrorCategory.InvalidData);
        }

        return wrapped;
    }

    private Exception Fail(Exception problem, string id, ErrorCategory category)
    {
        ThrowTerminatingError(new ErrorRecord(problem, id, category, targetObject: null));
        return problem;
    }
}
