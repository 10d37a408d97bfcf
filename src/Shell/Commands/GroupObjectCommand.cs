using System.Collections;
using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.Group, "Object")]
[OutputType(typeof(Hashtable), typeof(GroupInfo))]
public sealed class GroupObjectCommand : ObjectBase
{
    [Parameter]
    public SwitchParameter NoElement { get; set; }

    [Parameter(ParameterSetName = "HashTable")]
    [Alias("AHT")]
    public SwitchParameter AsHashTable { get; set; }

    [Parameter(ParameterSetName = "HashTable")]
    public SwitchParameter AsString { get; set; }

    protected override void EndProcessing()
    {
        if (Input.Count == 0)
        {
            return;
        }

        ObjectKeys keys = new(this, PropertyArgument.ParseNames(this, Property), Input, Order);
        if (AsString && !AsHashTable)
        {
            Refuse("The command cannot be run because the AsString parameter requires that you specify the AsHashtable parameter.", AsString);
        }

        if (AsHashTable && !AsString && keys.PropertyCount > 1)
        {
            Refuse("The command cannot be run because using the AsHashTable parameter with more than one property requires adding the AsString parameter.", Property);
        }

        List<GroupInfo> groups = Group(keys);
        if (AsHashTable)
        {
            WriteTable(groups);
        }
        else
        {
            WriteObject(groups, enumerateCollection: true);
        }
    }

    private List<GroupInfo> Group(ObjectKeys keys)
    {
        List<(PSObject Value, object?[] Key)> entries = [.. Input.Select(value => (value, keys.Of(value)))];
        bool sorted = HaveOneTypePerPosition(entries.ConvertAll(entry => entry.Key));
        if (sorted)
        {
            entries = [.. entries.OrderBy(entry => entry.Key, Comparer<object?[]>.Create(keys.Compare))];
        }

        List<(object?[] Key, GroupInfo Group)> groups = [];
        foreach ((PSObject value, object?[] key) in entries)
        {
            // Where keys of unlike types made sorting pointless, equal keys need not be neighbours.
            int at = sorted
                ? groups.Count > 0 && keys.Compare(groups[^1].Key, key) == 0 ? groups.Count - 1 : -1
                : groups.FindIndex(group => keys.Compare(group.Key, key) == 0);
            if (at < 0)
            {
                at = groups.Count;
                groups.Add((key, NoElement ? new GroupInfoNoElement(key) : new GroupInfo(key)));
            }

            groups[at].Group.Add(value);
        }

        return groups.ConvertAll(group => group.Group);
    }

    private static bool HaveOneTypePerPosition(List<object?[]> keys) =>
        keys.TrueForAll(key => key.Length == keys[0].Length)
        && Enumerable.Range(0, keys[0].Length).All(position => keys
            .Select(key => key[position])
            .Where(value => value is not null && !ReferenceEquals(value, ObjectOrder.Absent))
            .Select(value => PSObject.AsPSObject(value).BaseObject.GetType())
            .Distinct()
            .Take(2)
            .Count() < 2);

    private void WriteTable(List<GroupInfo> groups)
    {
        Hashtable table = new(CaseSensitive ? StringComparer.CurrentCulture : StringComparer.CurrentCultureIgnoreCase);
        try
        {
            foreach (GroupInfo group in groups)
            {
                table.Add(AsString ? group.Name : PSObject.AsPSObject(group.Values[0]).BaseObject, group.Group);
            }
        }
        catch (ArgumentException problem)
        {
            WriteError(new ErrorRecord(problem, "InvalidOperation", ErrorCategory.InvalidArgument, targetObject: null));
            return;
        }

        WriteObject(table);
    }

    private void Refuse(string message, object? target) =>
        ThrowTerminatingError(new ErrorRecord(new ArgumentException(message), "ArgumentException", ErrorCategory.InvalidArgument, target));
}
