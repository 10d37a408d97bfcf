using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Internal;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsDiagnostic.Measure, "Object", DefaultParameterSetName = "GenericMeasure")]
[OutputType(typeof(GenericMeasureInfo), typeof(TextMeasureInfo), typeof(GenericObjectMeasureInfo))]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly Dictionary<string, Statistics> _statistics = new(StringComparer.OrdinalIgnoreCase);
    private bool _hasNonNumeric;
    private bool _hasInput;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; } = AutomationNull.Value;

    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public PSPropertyExpression[]? Property { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter AllStats { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Sum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Average { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Maximum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Minimum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter StandardDeviation { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Line { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Word { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Character { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter IgnoreWhiteSpace { get; set; }

    protected override void BeginProcessing()
    {
        if (AllStats)
        {
            Sum = Average = Maximum = Minimum = StandardDeviation = true;
        }
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null || ReferenceEquals(InputObject, AutomationNull.Value))
        {
            return;
        }

        _hasInput = true;
        if (Property is null)
        {
            Add("", InputObject.BaseObject);
            return;
        }

        HashSet<string> counted = new(StringComparer.OrdinalIgnoreCase);
        foreach (PSPropertyExpression name in Property.SelectMany(property => property.ResolveNames(InputObject)))
        {
            if (counted.Add(name.ToString()) && name.GetValues(InputObject) is [var value, ..])
            {
                Add(name.ToString(), value.Result);
            }
        }
    }

    protected override void EndProcessing()
    {
        if (!_hasInput && Property is null)
        {
            _statistics.Add("", new Statistics());
        }

        foreach ((string name, Statistics statistics) in _statistics)
        {
            MeasureInfo info = ParameterSetName == "TextMeasure" ? TextInfo(statistics) : Info(statistics);
            info.Property = Property is null ? null : name;
            WriteObject(info);
        }
    }

    private void Add(string name, object? value)
    {
        if (!_statistics.TryGetValue(name, out Statistics? statistics))
        {
            _statistics.Add(name, statistics = new Statistics());
        }

        statistics.Count++;
        if (ParameterSetName == "TextMeasure")
        {
            statistics.AddText(value?.ToString() ?? "", IgnoreWhiteSpace);
            return;
        }

        if (Sum || Average || StandardDeviation)
        {
            if (!LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out double number))
            {
                _hasNonNumeric = true;
                WriteError(new ErrorRecord(
                    new PSInvalidOperationException($"Input object \"{value}\" is not numeric."), "NonNumericInputObject", ErrorCategory.InvalidType, value));
                return;
            }

            statistics.AddNumber(number);
        }

        statistics.Minimum = Minimum ? Extreme(statistics.Minimum, value, sign: -1) : null;
        statistics.Maximum = Maximum ? Extreme(statistics.Maximum, value, sign: 1) : null;
    }

    private static object? Extreme(object? extreme, object? value, int sign)
    {
        if (extreme is null)
        {
            return value;
        }

        object? first = NumberOr(value);
        object? second = NumberOr(extreme);
        if (first is not null && second is not null && first.GetType() != second.GetType())
        {
            first = PSObject.AsPSObject(first).ToString(null, CultureInfo.CurrentCulture);
            second = PSObject.AsPSObject(second).ToString(null, CultureInfo.CurrentCulture);
        }

        return LanguagePrimitives.Compare(first, second, ignoreCase: false, CultureInfo.CurrentCulture) * sign > 0 ? value : extreme;
    }

    private static object? NumberOr(object? value) => value is not null && LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out double number) ? number : value;

    private MeasureInfo Info(Statistics statistics)
    {
        double? sum = Sum && !_hasNonNumeric ? statistics.Sum : null;
        double? average = Average && !_hasNonNumeric && statistics.Count > 0 ? statistics.Sum / statistics.Count : null;
        object? minimum = NumberOr(statistics.Minimum);
        object? maximum = NumberOr(statistics.Maximum);
        if (minimum is null or double && maximum is null or double)
        {
            return new GenericMeasureInfo
            {
                Count = statistics.Count,
                Sum = sum,
                Average = average,
                Minimum = (double?)minimum,
                Maximum = (double?)maximum,
                StandardDeviation = StandardDeviation && !_hasNonNumeric ? statistics.StandardDeviation : null,
            };
        }

        return new GenericObjectMeasureInfo
        {
            Count = statistics.Count,
            Sum = sum,
            Average = average,
            Minimum = statistics.Minimum,
            Maximum = statistics.Maximum,
        };
    }

    private TextMeasureInfo TextInfo(Statistics statistics) => new()
    {
        Lines = Line ? statistics.Lines : null,
        Words = Word ? statistics.Words : null,
        Characters = Character ? statistics.Characters : null,
    };

    private sealed class Statistics
    {
        private double _squares;
        private int _numbers;

        public int Count { get; set; }

        public double Sum { get; private set; }

        public object? Minimum { get; set; }

        public object? Maximum { get; set; }

        public int Lines { get; private set; }

        public int Words { get; private set; }

        public int Characters { get; private set; }

        public double StandardDeviation => _numbers > 1 ? Math.Sqrt(_squares / (_numbers - 1)) : 0;

        // Welford's recurrence: the squares of the deviations without a second pass.
        public void AddNumber(double value)
        {
            double before = _numbers == 0 ? 0 : Sum / _numbers;
            _numbers++;
            Sum += value;
            _squares += (value - before) * (value - (Sum / _numbers));
        }

        public void AddText(string text, bool ignoreWhiteSpace)
        {
            Characters += ignoreWhiteSpace ? text.Count(character => !char.IsWhiteSpace(character)) : text.Length;
            Words += text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            Lines += text.Count(character => character == '\n') + (text.Length > 0 && !text.EndsWith('\n') ? 1 : 0);
        }
    }
}
