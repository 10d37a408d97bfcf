using System.Management.Automation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly List<string> _input = [];

    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    [Parameter]
    [ValidateRange(ValidateRangeKind.Positive)]
    public int Depth { get; set; } = 1024;

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => _input.Add(InputObject);

    // Lines are one document, unless the first is one by itself: then each line is.
    protected override void EndProcessing()
    {
        if (_input.Count == 0)
        {
            return;
        }

        bool isOnePerLine = _input.Count > 1 && IsDocument(_input[0]);
        foreach (string text in isOnePerLine ? _input : [string.Join(Environment.NewLine, _input)])
        {
            try
            {
                WriteObject(ValueOf(Read(text)), enumerateCollection: !NoEnumerate);
            }
            catch (JsonException problem)
            {
                throw new ArgumentException($"Conversion from JSON failed with error: {problem.Message}", problem);
            }
        }
    }

    private bool IsDocument(string text)
    {
        try
        {
            return Read(text) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private object? Read(string text) => JsonConvert.DeserializeObject(text, new JsonSerializerSettings
    {
        TypeNameHandling = TypeNameHandling.None,
        MetadataPropertyHandling = MetadataPropertyHandling.Ignore,
        DateTimeZoneHandling = DateTimeZoneHandling.RoundtripKind,
        MaxDepth = Depth,
    });

    private object? ValueOf(object? token) => token switch
    {
        JObject table when AsHashtable => TableOf(table),
        JObject table => ObjectOf(table),
        JArray list => list.Where(element => element.Type != JTokenType.Comment).Select(ValueOf).ToArray(),
        JValue value => value.Value,
        _ => token,
    };

    private OrderedHashtable TableOf(JObject source)
    {
        OrderedHashtable table = [];
        foreach ((string name, JToken? value) in source)
        {
            table.Add(name, ValueOf(value));
        }

        return table;
    }

    private PSObject ObjectOf(JObject source)
    {
        PSObject result = new();
        foreach ((string name, JToken? value) in source)
        {
            if (name.Length == 0)
            {
                Refuse("The provided JSON includes a property whose name is an empty string, this is only supported using the -AsHashTable switch.", "EmptyKeyInJsonString");
            }

            if (result.Properties[name] is { } earlier)
            {
                Refuse(
                    $"Cannot convert the JSON string because it contains keys with different casing. Please use the -AsHashTable switch instead. The key that was attempted to be added to the existing key '{earlier.Name}' was '{name}'.",
                    "KeysWithDifferentCasingInJsonString");
            }

            result.Properties.Add(new PSNoteProperty(name, ValueOf(value)));
        }

        return result;
    }

    private void Refuse(string message, string id) =>
        ThrowTerminatingError(new ErrorRecord(new InvalidOperationException(message), id, ErrorCategory.InvalidOperation, targetObject: null));
}
