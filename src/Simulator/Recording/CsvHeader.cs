namespace ReuseportPS.Simulator.Recording;

/// <summary>The first line of a table: which column is where, and what separates them.</summary>
internal sealed class CsvHeader
{
    private const CsvColumn LastNeeded = CsvColumn.DestinationPort;

    private static readonly Dictionary<string, CsvColumn> s_names = new(
        Enum.GetValues<CsvColumn>().Select(column => KeyValuePair.Create(column.ToString(), column)), StringComparer.OrdinalIgnoreCase);

    private readonly CsvColumn?[] _columns;

    private CsvHeader(char separator, CsvColumn?[] columns) => (Separator, _columns) = (separator, columns);

    /// <summary>A comma, a semicolon or a tab: what the first line has most of.</summary>
    public char Separator { get; }

    /// <summary>The column of a field; null when it is none of ours.</summary>
    public CsvColumn? this[int field] => field < _columns.Length ? _columns[field] : null;

    /// <summary>Reads the line; null, and what is wrong with it, when it is no header.</summary>
    public static CsvHeader? Parse(ReadOnlySpan<char> line, out string problem)
    {
        char separator = ',';
        foreach (char candidate in ";\t")
        {
            separator = line.Count(candidate) > line.Count(separator) ? candidate : separator;
        }

        List<CsvColumn?> columns = [];
        CsvFields fields = new(line, separator);
        while (fields.TryNext(out ReadOnlySpan<char> name))
        {
            string letters = name.ToString().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
            CsvColumn? column = s_names.TryGetValue(letters, out CsvColumn found) ? found : null;
            if (column is not null && columns.Contains(column))
            {
                problem = $"names the column '{name}' twice";
                return null;
            }

            columns.Add(column);
        }

        CsvColumn[] missing = [.. s_names.Values.Where(column => column <= LastNeeded && !columns.Contains(column))];
        problem = missing.Length == 0 ? "" : $"names no column {string.Join(", ", missing.Select(NameOf))}";
        return missing.Length == 0 ? new CsvHeader(separator, [.. columns]) : null;
    }

    /// <summary>The column as its users write it: <c>source-port</c>.</summary>
    public static string NameOf(CsvColumn column) => column switch
    {
        CsvColumn.SourcePort => "source-port",
        CsvColumn.DestinationPort => "destination-port",
        _ => column.ToString().ToLowerInvariant(),
    };
}
