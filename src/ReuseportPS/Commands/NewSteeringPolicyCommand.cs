using System.Collections;
using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Commands;

/// <summary>New-SteeringPolicy: makes a policy of parameters and hashtables, with the words of the YAML.</summary>
[Cmdlet(VerbsCommon.New, "SteeringPolicy")]
[OutputType(typeof(SteeringPolicy))]
public sealed class NewSteeringPolicyCommand : ReuseportCmdlet
{
    /// <summary>What happens when no rule matches: the body of a steer action, or @{ reject = $true }.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public IDictionary Otherwise { get; set; } = null!;

    /// <summary>Rules in order, each with when and either steer or reject, and perhaps a name.</summary>
    [Parameter(Position = 1)]
    public IDictionary[] Rule { get; set; } = [];

    /// <summary>Name of the policy.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Which packets it decides: Any, Tcp or Udp.</summary>
    [Parameter]
    public PolicyProtocol Protocol { get; set; }

    /// <summary>Names for slots: @{ stable = '0-5'; canary = 6, 7 }.</summary>
    [Parameter]
    public IDictionary? Slot { get; set; }

    /// <summary>Address lists: @{ office = '10.0.0.0/8', '2001:db8::/32' }.</summary>
    [Parameter]
    public IDictionary? List { get; set; }

    /// <summary>What happens when the seat of the chosen slot cannot be selected: next, kernel, reject, or @{ slot = 3 }.</summary>
    [Parameter]
    public object? OnMiss { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(Name, () =>
    {
        List<DocumentEntry> entries = [];
        Add("policy", Name);
        Add("protocol", PolicyWords.Of(Protocol));
        Add("slots", Slot);
        Add("lists", List);
        Add("rules", Rule.Length == 0 ? null : Rule);
        Add("otherwise", Otherwise);
        Add("on-miss", OnMiss);
        PolicyReading reading = PolicyDocument.Read(new DocumentMap([.. entries]));
        if (reading.Policy is null)
        {
            throw new DiagnosticException(reading.Diagnostics);
        }

        WriteFindings(reading.Diagnostics);
        WriteObject(reading.Policy);

        void Add(string key, object? value)
        {
            if (value is not null)
            {
                entries.Add(new DocumentEntry(new DocumentScalar(key), PolicyHashtable.ToDocument(value, $"'{key}'")));
            }
        }
    });
}
