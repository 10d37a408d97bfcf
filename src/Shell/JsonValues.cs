using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Reflection;
using Newtonsoft.Json;

namespace ReuseportPS.Shell;

/// <summary>Turns objects into what a JSON writer takes: null, scalars, lists and dictionaries, as deep as asked.</summary>
/// <param name="cmdlet">The command, which gets warnings and errors.</param>
/// <param name="maxDepth">How many levels below the top become structures; what lies deeper becomes text.</param>
/// <param name="isStopping">Says that the command shall end.</param>
internal sealed class JsonValues(PSCmdlet cmdlet, int maxDepth, Func<bool> isStopping)
{
    private bool _hasWarned;

    /// <summary>The value of an object.</summary>
    public object? Of(object? value, int depth = 0)
    {
        if (isStopping())
        {
            throw new PipelineStoppedException();
        }

        PSObject? wrapped = value as PSObject;
        object? bare = wrapped is null ? value : wrapped.BaseObject;
        return bare switch
        {
            null or DBNull or System.Management.Automation.Language.NullString => null,
            // Properties attached to text and dates (as Get-Content attaches the path) are not part of the data.
            string or DateTime => bare,
            char or bool or DateTimeOffset or Guid or Uri or double or float or decimal or BigInteger => WithAttached(wrapped, bare, depth),
            // Not every JSON reader takes a number of 64 bits.
            Enum => WithAttached(wrapped, Enum.GetUnderlyingType(bare.GetType()) is var type && (type == typeof(long) || type == typeof(ulong)) ? bare.ToString() : bare, depth),
            _ when bare.GetType().IsPrimitive => WithAttached(wrapped, bare, depth),
            _ when depth > maxDepth => Truncated(wrapped, bare, depth),
            IDictionary table => WithAttached(wrapped, OfDictionary(table, depth), depth),
            IEnumerable sequence => WithAttached(wrapped, OfSequence(sequence, depth), depth),
            _ => OfObject(wrapped, bare, depth),
        };
    }

    private object? Truncated(PSObject? wrapped, object bare, int depth)
    {
        if (!_hasWarned)
        {
            _hasWarned = true;
            cmdlet.WriteWarning(string.Create(CultureInfo.CurrentCulture, $"Resulting JSON is truncated as serialization has exceeded the set depth of {maxDepth}."));
        }

        return bare is PSCustomObject
            ? LanguagePrimitives.ConvertTo(wrapped, typeof(string), CultureInfo.InvariantCulture)
            : WithAttached(wrapped, LanguagePrimitives.ConvertTo(bare, typeof(string), CultureInfo.InvariantCulture), depth);
    }

    private Dictionary<string, object?> OfDictionary(IDictionary table, int depth)
    {
        Dictionary<string, object?> result = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table)
        {
            if (entry.Key is not string name)
            {
                InvalidOperationException problem = new($"The type '{table.GetType().FullName}' is not supported for serialization or deserialization of a dictionary. Keys must be strings.");
                cmdlet.ThrowTerminatingError(new ErrorRecord(problem, "NonStringKeyInDictionary", ErrorCategory.InvalidOperation, table));
                throw problem;
            }

            result.Add(name, Of(entry.Value, depth + 1));
        }

        return result;
    }

    private List<object?> OfSequence(IEnumerable sequence, int depth) => [.. sequence.Cast<object?>().Select(element => Of(element, depth + 1))];

    private Dictionary<string, object?> OfObject(PSObject? wrapped, object bare, int depth)
    {
        Dictionary<string, object?> result = new(StringComparer.Ordinal);
        foreach (FieldInfo field in bare.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance).Where(IsData))
        {
            result.Add(field.Name, Of(field.GetValue(bare), depth + 1));
        }

        foreach (PropertyInfo property in bare.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsData))
        {
            if (property.GetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)
            {
                result[property.Name] = Of(Read(() => property.GetValue(bare)), depth + 1);
            }
        }

        foreach (PSPropertyInfo property in wrapped?.Properties ?? Enumerable.Empty<PSPropertyInfo>())
        {
            Attach(result, property, depth);
        }

        return result;
    }

    private static bool IsData(MemberInfo member) => !member.IsDefined(typeof(JsonIgnoreAttribute), inherit: true);

    /// <summary>A value together with the note and script properties that were added to it, if any were.</summary>
    private object? WithAttached(PSObject? wrapped, object? value, int depth)
    {
        PSPropertyInfo[] attached = [.. (wrapped?.Properties ?? Enumerable.Empty<PSPropertyInfo>()).Where(property => property.MemberType is not (PSMemberTypes.Property or PSMemberTypes.ParameterizedProperty))];
        if (attached.Length == 0)
        {
            return value;
        }

        Dictionary<string, object?> result = value as Dictionary<string, object?> ?? new Dictionary<string, object?>(StringComparer.Ordinal) { ["value"] = value };
        int before = result.Count;
        foreach (PSPropertyInfo property in attached)
        {
            Attach(result, property, depth);
        }

        return value is Dictionary<string, object?> || result.Count > before ? result : value;
    }

    private void Attach(Dictionary<string, object?> result, PSPropertyInfo property, int depth)
    {
        if (!result.ContainsKey(property.Name))
        {
            result.Add(property.Name, Of(Read(() => property.Value), depth + 1));
        }
    }

    // A property that throws has no value to show.
    private static object? Read(Func<object?> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is TargetInvocationException or GetValueException or GetValueInvocationException)
        {
            return null;
        }
    }
}
