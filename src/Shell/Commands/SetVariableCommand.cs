using System.Management.Automation;
using System.Management.Automation.Internal;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Variable", SupportsShouldProcess = true)]
[OutputType(typeof(PSVariable))]
public sealed class SetVariableCommand : VariableCommand
{
    private readonly List<object?> _piped = [];
    private bool _valueIsArgument;
    private bool _nameIsArgument;

    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; } = AutomationNull.Value;

    [Parameter]
    public string? Description { get; set; }

    [Parameter]
    public ScopedItemOptions Option { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void BeginProcessing()
    {
        _nameIsArgument = Name.Length > 0;
        _valueIsArgument = MyInvocation.BoundParameters.ContainsKey(nameof(Value));
    }

    protected override void ProcessRecord()
    {
        if (!_nameIsArgument)
        {
            Set(Value);
        }
        else if (!_valueIsArgument && !ReferenceEquals(Value, AutomationNull.Value))
        {
            _piped.Add(Value);
        }
    }

    protected override void EndProcessing()
    {
        if (_nameIsArgument)
        {
            Set(_valueIsArgument ? Value : _piped switch
            {
                [] => AutomationNull.Value,
                [var only] => only,
                _ => _piped.ToArray(),
            });
        }
    }

    private void Set(object? value)
    {
        foreach (string name in Name)
        {
            PSVariable[] existing = Find(name, Scope ?? "local", out bool filtered);
            if (existing.Length == 0 && !filtered)
            {
                Guard(name, value, () => Create(name, value));
            }

            foreach (PSVariable variable in existing)
            {
                Guard(variable.Name, value, () => Change(variable, value));
            }
        }
    }

    private PSVariable Create(string name, object? value)
    {
        ScopedItemOptions scoped = string.Equals(Scope, "private", StringComparison.OrdinalIgnoreCase) ? ScopedItemOptions.Private : ScopedItemOptions.None;
        PSVariable variable = new(name, ReferenceEquals(value, AutomationNull.Value) ? null : value, Option | scoped) { Description = Description ?? "" };
        object state = EngineInternals.GetInternal(SessionState);
        object? set = Scope is null
            ? EngineInternals.SetVariable(state, variable, Force, MyInvocation.CommandOrigin)
            : EngineInternals.SetVariableAtScope(state, variable, Scope, Force, MyInvocation.CommandOrigin);
        return set as PSVariable ?? variable;
    }

    private PSVariable Change(PSVariable variable, object? value)
    {
        ScopedItemOptions options = variable.Options;
        bool unlock = Force && options.HasFlag(ScopedItemOptions.ReadOnly);
        if (unlock)
        {
            // A read-only variable accepts only being set again as a whole.
            PSVariable replacement = new(variable.Name, value, MyInvocation.BoundParameters.ContainsKey(nameof(Option)) ? Option : options) { Description = Description ?? variable.Description };
            EngineInternals.SetVariableAtScope(EngineInternals.GetInternal(SessionState), replacement, Scope ?? "local", force: true, MyInvocation.CommandOrigin);
            return replacement;
        }

        if (!ReferenceEquals(value, AutomationNull.Value))
        {
            variable.Value = value;
        }

        variable.Description = Description ?? variable.Description;
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Option)))
        {
            variable.Options = Option;
        }

        return variable;
    }

    private void Guard(string name, object? value, Func<PSVariable> set)
    {
        if (!ShouldProcess($"Name: {name} Value: {value}", "Set variable"))
        {
            return;
        }

        try
        {
            PSVariable variable = set();
            if (PassThru)
            {
                WriteObject(variable);
            }
        }
        catch (Exception problem) when (problem is SessionStateException or PSArgumentException)
        {
            WriteError(new ErrorRecord(((IContainsErrorRecord)problem).ErrorRecord, problem));
        }
    }
}
