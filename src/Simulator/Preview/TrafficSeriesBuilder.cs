namespace ReuseportPS.Simulator.Preview;

/// <summary>Counts packets by time and row. Stretches double in length when they become too many, so that the same packets give the same stretches in any order.</summary>
internal sealed class TrafficSeriesBuilder(int rows)
{
    /// <summary>Of a second.</summary>
    public const long Nanoseconds = 1_000_000_000;

    private const int MostCells = 1 << 22;

    private Dictionary<long, long[]> _buckets = [];
    private long[] _current = [];
    private long _from;
    private long _to;
    private long _seconds = 1;

    private int MostBuckets { get; } = Math.Max(16, MostCells / rows);

    /// <summary>Counts packets of one time, in nanoseconds.</summary>
    public void Add(long timestamp, int row, long packets = 1)
    {
        if (timestamp < _from || timestamp >= _to)
        {
            Select(timestamp);
        }

        _current[row] += packets;
    }

    /// <summary>Adds what another one counted of the same rows.</summary>
    public void Add(TrafficSeries other)
    {
        while (_seconds < other.SecondsPerBucket)
        {
            Widen();
        }

        foreach (TrafficBucket bucket in other.Buckets)
        {
            Select(bucket.Second * Nanoseconds);
            for (int row = 0; row < rows; row++)
            {
                _current[row] += bucket.Packets[row];
            }
        }
    }

    public TrafficSeries ToSeries() => new(
        _seconds, [.. _buckets.OrderBy(bucket => bucket.Key).Select(bucket => new TrafficBucket(bucket.Key * _seconds, [.. bucket.Value]))]);

    /// <summary>The second that a time is in; before 1970 too it is the one that began last.</summary>
    public static long SecondOf(long timestamp) => Floor(timestamp, Nanoseconds);

    private static long Floor(long value, long unit) => value >= 0 ? value / unit : ~(~value / unit);

    private void Select(long timestamp)
    {
        long key = Floor(timestamp, _seconds * Nanoseconds);
        long[]? bucket;
        while (!_buckets.TryGetValue(key, out bucket) && _buckets.Count >= MostBuckets)
        {
            Widen();
            key = Floor(timestamp, _seconds * Nanoseconds);
        }

        if (bucket is null)
        {
            bucket = new long[rows];
            _buckets.Add(key, bucket);
        }

        _current = bucket;
        _from = key * _seconds * Nanoseconds;
        _to = _from + (_seconds * Nanoseconds);
    }

    private void Widen()
    {
        _seconds *= 2;
        Dictionary<long, long[]> wider = new(_buckets.Count);
        foreach ((long key, long[] counts) in _buckets)
        {
            if (wider.TryAdd(key >> 1, counts))
            {
                continue;
            }

            long[] sum = wider[key >> 1];
            for (int row = 0; row < rows; row++)
            {
                sum[row] += counts[row];
            }
        }

        _buckets = wider;
        (_from, _to) = (0, 0);
    }
}
