using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Random", DefaultParameterSetName = "RandomNumberParameterSet")]
[OutputType(typeof(int), typeof(long), typeof(double))]
public sealed class GetRandomCommand : PSCmdlet
{
    // A seed stays in force for the session, as in pwsh.
    private static readonly ConditionalWeakTable<Runspace, RandomSource> s_sources = [];
    private readonly List<object?> _items = [];
    private RandomSource _source = new(seed: null);
    private int _processed;

    [Parameter]
    [ValidateNotNull]
    public int? SetSeed { get; set; }

    [Parameter(ParameterSetName = "RandomNumberParameterSet", Position = 0)]
    public object? Maximum { get; set; }

    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    public object? Minimum { get; set; }

    [Parameter(ParameterSetName = "RandomListItemParameterSet", ValueFromPipeline = true, Position = 0, Mandatory = true)]
    [Parameter(ParameterSetName = "ShuffleParameterSet", ValueFromPipeline = true, Position = 0, Mandatory = true)]
    [AllowNull]
    public object?[]? InputObject { get; set; }

    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    [Parameter(ParameterSetName = "RandomListItemParameterSet")]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    [Parameter(ParameterSetName = "ShuffleParameterSet", Mandatory = true)]
    public SwitchParameter Shuffle { get; set; }

    private bool IsNumber => ParameterSetName == "RandomNumberParameterSet" && !MyInvocation.ExpectingInput;

    protected override void BeginProcessing()
    {
        if (SetSeed is not null)
        {
            s_sources.AddOrUpdate(Runspace.DefaultRunspace, new RandomSource(SetSeed));
        }

        _source = s_sources.GetValue(Runspace.DefaultRunspace, _ => new RandomSource(seed: null));
        if (IsNumber)
        {
            WriteNumbers(Operand(Minimum), Operand(Maximum));
        }
    }

    // Each item of the stream has the same chance to be among the Count chosen (reservoir sampling).
    protected override void ProcessRecord()
    {
        if (IsNumber)
        {
            return;
        }

        foreach (object? item in InputObject ?? [null])
        {
            if (Shuffle || _processed < Count)
            {
                _items.Add(item);
            }
            else if (_source.Next(0, _processed + 1) < Count)
            {
                _items[_source.Next(0, _items.Count)] = item;
            }

            _processed++;
        }
    }

    protected override void EndProcessing()
    {
        for (int i = 0; i < _items.Count; i++)
        {
            int chosen = _source.Next(i, _items.Count);
            WriteObject(_items[chosen]);
            _items[chosen] = _items[i];
        }
    }

    // A number in text is what the same number would be in a script.
    private static object? Operand(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) => number,
        string text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
        string text => LanguagePrimitives.ConvertTo(text, typeof(double), CultureInfo.InvariantCulture),
        var other => other,
    };

    private void WriteNumbers(object? minimum, object? maximum)
    {
        if (minimum is null or int && maximum is null or int)
        {
            Write((int?)minimum ?? 0, (int?)maximum ?? int.MaxValue, _source.Next);
        }
        else if (minimum is null or int or long && maximum is null or int or long)
        {
            Write(minimum is null ? 0 : Convert.ToInt64(minimum, CultureInfo.InvariantCulture), maximum is null ? long.MaxValue : Convert.ToInt64(maximum, CultureInfo.InvariantCulture), _source.Next);
        }
        else
        {
            Write(
                minimum is null ? 0 : LanguagePrimitives.ConvertTo<double>(minimum),
                maximum is null ? double.MaxValue : LanguagePrimitives.ConvertTo<double>(maximum),
                _source.Next);
        }
    }

    private void Write<T>(T minimum, T maximum, Func<T, T, T> next)
        where T : IComparable<T>
    {
        if (minimum.CompareTo(maximum) >= 0)
        {
            ThrowTerminatingError(new ErrorRecord(
                new ArgumentException($"The Minimum value ({minimum}) cannot be greater than or equal to the Maximum value ({maximum})."), "MinGreaterThanOrEqualMax", ErrorCategory.InvalidArgument, targetObject: null));
        }

        for (int i = 0; i < Count; i++)
        {
            WriteObject(next(minimum, maximum));
        }
    }
}
