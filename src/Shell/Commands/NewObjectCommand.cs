using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

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
            Fail(new PSArgumentException($"Cannot find type [{TypeName}]: verify that the assembly containing this type is loaded.", nameof(TypeName)), "TypeNotFound", ErrorCategory.InvalidType);
        }

        PSObject created = Construct(type);
        foreach (DictionaryEntry entry in Property ?? new Hashtable())
        {
            created = SetMember(created, entry.Key.ToString() ?? "", entry.Value);
        }

        WriteObject(created);
    }

    // The engine's own constructor call resolves overloads and converts arguments as [type]::new() does.
    private PSObject Construct(Type type)
    {
        try
        {
            return InvokeCommand.NewScriptBlock("param($type, $arguments) , $type::new.Invoke($arguments)").Invoke(type, ArgumentList)[0];
        }
        catch (RuntimeException problem)
        {
            Exception cause = problem.GetBaseException();
            if (problem.ErrorRecord.FullyQualifiedErrorId.StartsWith("MethodCountCouldNotFindBest", StringComparison.Ordinal) || type.GetConstructors().Length == 0)
            {
                Fail(new PSArgumentException($"A constructor was not found. Cannot find an appropriate constructor for type {TypeName}.", nameof(TypeName)), "CannotFindAppropriateCtor", ErrorCategory.ObjectNotFound);
            }

            Fail(cause is TargetInvocationException { InnerException: { } inner } ? inner : cause, "ConstructorInvokedThrowException,Microsoft.PowerShell.Commands.NewObjectCommand", ErrorCategory.InvalidOperation);
            throw;
        }
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
            Fail(new InvalidOperationException($"The value supplied is not valid, or the property is read-only. Change the value, and then try again. {problem.Message}", problem), "SetValueException", ErrorCategory.InvalidData);
        }

        return wrapped;
    }

    private void Fail(Exception problem, string id, ErrorCategory category) => ThrowTerminatingError(new ErrorRecord(problem, id, category, targetObject: null));
}
