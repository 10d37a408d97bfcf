namespace ReuseportPS.Simulator.Recording;

/// <summary>The fields of a line (RFC 4180 §2, without line breaks in quotes). Spaces around a field are not part of it.</summary>
internal ref struct CsvFields(ReadOnlySpan<char> line, char separator)
{
    private ReadOnlySpan<char> _rest = line;
    private bool _ended;

    /// <summary>The next field without its quotes; false after the last. Doubled quotes inside stay doubled: no column of ours has them.</summary>
    public bool TryNext(out ReadOnlySpan<char> field)
    {
        field = default;
        if (_ended)
        {
            return false;
        }

        ReadOnlySpan<char> trimmed = _rest.TrimStart(' ');
        int from = 0;
        if (trimmed is ['"', ..])
        {
            int close = trimmed[1..].IndexOf('"');
            from = close < 0 ? trimmed.Length : close + 2;
        }

        int end = trimmed[from..].IndexOf(separator);
        _ended = end < 0;
        field = (_ended ? trimmed : trimmed[..(from + end)]).Trim(' ');
        _rest = _ended ? default : trimmed[(from + end + 1)..];
        field = field is ['"', .., '"'] ? field[1..^1] : field;
        return true;
    }
}
