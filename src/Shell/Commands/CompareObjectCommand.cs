using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.Compare, "Object")]
public sealed class CompareObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _differences = [];

    [Parameter(Position = 0, Mandatory = true)]
    [AllowEmptyCollection]
    public PSObject[] ReferenceObject { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public PSObject[] DifferenceObject { get; set; } = [];

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int SyncWindow { get; set; } = int.MaxValue;

    [Parameter]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter ExcludeDifferent { get; set; }

    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public string? Culture { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    protected override void ProcessRecord() => _differences.AddRange(DifferenceObject);

    protected override void EndProcessing()
    {
        ObjectOrder order = new(CaseSensitive, string.IsNullOrEmpty(Culture) ? null : new CultureInfo(Culture));
        ObjectKeys keys = new(this, PropertyArgument.ParseNames(this, Property), [.. ReferenceObject, .. _differences], order);
        bool writeEqual = IncludeEqual || (ExcludeDifferent && !MyInvocation.BoundParameters.ContainsKey(nameof(IncludeEqual)));
        void Emit(Entry entry, string side)
        {
            if (side == "==" ? writeEqual : !ExcludeDifferent)
            {
                Write(entry, side, keys);
            }
        }

        List<Entry> references = [.. ReferenceObject.Select(value => new Entry(value, keys.Of(value)))];
        List<Entry> differences = [.. _differences.Select(value => new Entry(value, keys.Of(value)))];
        List<Entry> openReferences = [];
        List<Entry> openDifferences = [];
        bool Same(Entry first, Entry second) => keys.Compare(first.Key, second.Key) == 0;

        // Both sides are walked in step; what finds no partner waits, at most SyncWindow objects long.
        for (int i = 0; i < Math.Max(references.Count, differences.Count); i++)
        {
            Entry? reference = i < references.Count ? references[i] : null;
            Entry? difference = i < differences.Count ? differences[i] : null;
            if (reference is not null && difference is not null && Same(reference, difference))
            {
                Emit(reference, "==");
                continue;
            }

            if (difference is not null && Take(openReferences, difference, Same) is { } earlier)
            {
                Emit(earlier, "==");
                difference = null;
            }

            if (reference is not null && Take(openDifferences, reference, Same) is not null)
            {
                Emit(reference, "==");
                reference = null;
            }

            Wait(openDifferences, difference, entry => Emit(entry, "=>"));
            Wait(openReferences, reference, entry => Emit(entry, "<="));
        }

        openDifferences.ForEach(entry => Emit(entry, "=>"));
        openReferences.ForEach(entry => Emit(entry, "<="));
    }

    private static Entry? Take(List<Entry> open, Entry entry, Func<Entry, Entry, bool> same)
    {
        int at = open.FindIndex(candidate => same(candidate, entry));
        if (at < 0)
        {
            return null;
        }

        Entry found = open[at];
        open.RemoveAt(at);
        return found;
    }

    private void Wait(List<Entry> open, Entry? entry, Action<Entry> expired)
    {
        if (entry is null)
        {
            return;
        }

        open.Add(entry);
        while (open.Count > SyncWindow)
        {
            expired(open[0]);
            open.RemoveAt(0);
        }
    }

    private void Write(Entry entry, string side, ObjectKeys keys)
    {
        PSObject result = PassThru ? PSObject.AsPSObject(entry.Value) : new PSObject();
        if (!PassThru && keys.PropertyCount == 0)
        {
            result.Properties.Add(new PSNoteProperty("InputObject", entry.Value));
        }
        else if (!PassThru)
        {
            foreach ((string name, object? value) in keys.Names.Zip(entry.Key))
            {
                result.Properties.Add(new PSNoteProperty(name, ReferenceEquals(value, ObjectOrder.Absent) ? null : value));
            }
        }

        result.Properties.Remove("SideIndicator");
        result.Properties.Add(new PSNoteProperty("SideIndicator", side));
        WriteObject(result);
    }

    private sealed record Entry(PSObject Value, object?[] Key);
}
