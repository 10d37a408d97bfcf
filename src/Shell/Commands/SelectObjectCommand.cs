using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Internal;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "DefaultParameter")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly Queue<PSObject> _held = new();
    private readonly List<(PSObject Written, int Notes)> _unique = [];
    private readonly HashSet<int> _indexes = [];
    private List<PropertyArgument> _properties = [];
    private PropertyArgument? _expand;
    private WildcardPattern[] _excluded = [];
    private ObjectOrder _order = new(caseSensitive: true);
    private int _seen;
    private int _taken;
    private bool _takes;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; } = AutomationNull.Value;

    [Parameter(Position = 0, ParameterSetName = "DefaultParameter")]
    [Parameter(Position = 0, ParameterSetName = "SkipLastParameter")]
    public object[]? Property { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string[]? ExcludeProperty { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string? ExpandProperty { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public SwitchParameter CaseInsensitive { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Last { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int First { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int SkipLast { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "IndexParameter")]
    public SwitchParameter Wait { get; set; }

    [Parameter(ParameterSetName = "IndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? Index { get; set; }

    [Parameter(ParameterSetName = "SkipIndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? SkipIndex { get; set; }

    protected override void BeginProcessing()
    {
        _properties = PropertyArgument.Parse(this, Property, "Expression", "Name", "Label");
        if (!string.IsNullOrEmpty(ExpandProperty))
        {
            _expand = new PropertyArgument(new PSPropertyExpression(ExpandProperty));
        }

        if (ExcludeProperty is not null)
        {
            _excluded = [.. ExcludeProperty.Select(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase))];
            if (_properties.Count == 0)
            {
                _properties = [new PropertyArgument(new PSPropertyExpression("*"))];
            }
        }

        _indexes.UnionWith(Index ?? SkipIndex ?? []);
        _order = new ObjectOrder(!CaseInsensitive);
        _takes = MyInvocation.BoundParameters.ContainsKey(nameof(First)) || MyInvocation.BoundParameters.ContainsKey(nameof(Last));
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null || ReferenceEquals(InputObject, AutomationNull.Value))
        {
            return;
        }

        int position = _seen++;
        bool done = false;
        if (Index is not null)
        {
            WriteIf(_indexes.Contains(position));
            done = position >= _indexes.Max();
        }
        else if (SkipIndex is not null)
        {
            WriteIf(!_indexes.Contains(position));
        }
        else
        {
            done = Count(position);
        }

        if (done && !Wait)
        {
            EndProcessing();
            throw EngineInternals.StopUpstream(this);
        }
    }

    protected override void EndProcessing()
    {
        // With -Last alone, -Skip counts from the end.
        int skipped = First == 0 && Last > 0 ? Skip : SkipLast;
        while (_held.Count > skipped)
        {
            Select(_held.Dequeue());
        }

        foreach ((PSObject written, _) in _unique)
        {
            WriteObject(written);
        }
    }

    /// <summary>Applies -First, -Last, -Skip and -SkipLast to the object at a position; true once nothing more can be wanted.</summary>
    private bool Count(int position)
    {
        bool skipsFromStart = Last == 0 || First != 0;
        if (skipsFromStart && position < Skip)
        {
            return false;
        }

        if (SkipLast > 0)
        {
            Hold(SkipLast, Select);
        }
        else if (!_takes || _taken < First)
        {
            _taken++;
            Select(InputObject!);
        }
        else if (Last > 0)
        {
            Hold(First == 0 ? Last + Skip : Last, dropped => { });
        }

        return _takes && Last == 0 && First != 0 && _taken >= First;
    }

    private void Hold(int limit, Action<PSObject> overflow)
    {
        _held.Enqueue(InputObject!);
        if (_held.Count > limit)
        {
            overflow(_held.Dequeue());
        }
    }

    private void WriteIf(bool wanted)
    {
        if (wanted)
        {
            Select(InputObject!);
        }
    }

    private void Select(PSObject source)
    {
        if (_properties.Count == 0 && _expand is null)
        {
            Write(source, [], source);
            return;
        }

        List<PSNoteProperty> notes = [.. _properties.SelectMany(property => NotesOf(property, source))];
        if (_expand is not null)
        {
            Expand(source, notes);
            return;
        }

        PSObject selected = new();
        AddNotes(selected, notes, source, "AlreadyExistingUserSpecifiedPropertyNoExpand");
        Write(selected, notes, source);
    }

    private IEnumerable<PSNoteProperty> NotesOf(PropertyArgument property, PSObject source)
    {
        List<PSPropertyExpressionResult> results = [.. property.Values(source).Where(result => !IsExcluded(result.ResolvedExpression))];
        if (results.Count == 0 && !property.Expression.HasWildCardCharacters && !IsExcluded(property.Expression))
        {
            results.Add(new PSPropertyExpressionResult(null, property.Expression, null));
        }

        if (results.Count > 1 && !string.IsNullOrEmpty(property.Label))
        {
            WriteError(new ErrorRecord(
                new InvalidOperationException("Cannot rename multiple results."), "RenamingMultipleResults", ErrorCategory.InvalidOperation, source));
            return [];
        }

        return results.Select(result => new PSNoteProperty(
            string.IsNullOrEmpty(property.Label) ? result.ResolvedExpression.ToString() : property.Label, result.Result));
    }

    private bool IsExcluded(PSPropertyExpression expression) => _excluded.Any(pattern => pattern.IsMatch(expression.ToString()));

    private void Expand(PSObject source, List<PSNoteProperty> notes)
    {
        PSPropertyExpressionResult[] results = [.. _expand!.Values(source)];
        if (results.Length != 1 || results[0].Exception is not null)
        {
            WriteError(results switch
            {
                [] => new ErrorRecord(new PSArgumentException($"Property \"{ExpandProperty}\" cannot be found.", nameof(ExpandProperty)), "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, source),
                [var failed] => new ErrorRecord(failed.Exception, "PropertyEvaluationExpand", ErrorCategory.InvalidResult, source),
                _ => new ErrorRecord(new PSArgumentException($"Multiple properties match \"{ExpandProperty}\", and only one can be expanded.", nameof(ExpandProperty)), "MutlipleExpandProperties", ErrorCategory.InvalidArgument, source),
            });
            return;
        }

        IEnumerable values = LanguagePrimitives.GetEnumerable(results[0].Result) ?? new[] { results[0].Result };
        foreach (object? value in values)
        {
            if (value is not null)
            {
                PSObject expanded = PSObject.AsPSObject(value);
                AddNotes(expanded, notes, source, "AlreadyExistingUserSpecifiedPropertyExpand");
                Write(expanded, notes, source);
            }
        }
    }

    private void AddNotes(PSObject target, List<PSNoteProperty> notes, PSObject source, string errorId)
    {
        foreach (PSNoteProperty note in notes)
        {
            if (target.Properties[note.Name] is null)
            {
                target.Properties.Add(note);
            }
            else
            {
                WriteError(new ErrorRecord(
                    new PSArgumentException($"The property cannot be processed because the property \"{note.Name}\" already exists.", nameof(Property)), errorId, ErrorCategory.InvalidOperation, source));
            }
        }
    }

    private void Write(PSObject selected, List<PSNoteProperty> notes, PSObject source)
    {
        if (Unique && _unique.Exists(earlier => IsSame(earlier.Written, earlier.Notes, selected, notes)))
        {
            return;
        }

        if (selected.ImmediateBaseObject is PSCustomObject)
        {
            string typeName = "Selected." + source.BaseObject.GetType();
            if (notes.Count > 0 || !selected.TypeNames.Contains(typeName))
            {
                selected.TypeNames.Insert(0, typeName);
            }
        }

        if (Unique)
        {
            _unique.Add((selected, notes.Count));
        }
        else
        {
            WriteObject(selected);
        }
    }

    private bool IsSame(PSObject written, int count, PSObject selected, List<PSNoteProperty> notes) =>
        count == notes.Count
        && _order.Compare(selected.BaseObject, written.BaseObject) == 0
        && notes.TrueForAll(note => written.Properties[note.Name] is { } property && _order.Compare(property.Value, note.Value) == 0);
}
