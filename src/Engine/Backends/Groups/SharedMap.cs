namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A handle on a map that several policies of a group may use: a flow table that is kept. Closed when the last of them lets it go.</summary>
internal sealed class SharedMap(IBackendMap map) : IDisposable
{
    private int _users = 1;

    public IBackendMap Map { get; } = map;

    /// <summary>For one user more.</summary>
    public SharedMap Share()
    {
        _users++;
        return this;
    }

    public void Dispose()
    {
        if (--_users == 0)
        {
            Map.Dispose();
        }
    }
}
