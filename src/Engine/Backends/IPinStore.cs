namespace ReuseportPS.Engine.Backends;

/// <summary>Keeps the maps and programs of groups by name, beyond the life of a process (bpffs), or of nothing (the simulator).</summary>
public interface IPinStore
{
    /// <summary>Names of the groups kept, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>The folder of a group, or null.</summary>
    IPinFolder? Open(string group);

    /// <summary>A new folder beside the others; nobody sees it until <see cref="IPinFolder.Publish"/>. Disposing it unpublished removes it.</summary>
    IPinFolder Create(string group);

    /// <summary>Holds off other shells from changing the group until disposed. A group that another holds for over five seconds is EBUSY.</summary>
    IDisposable Lock(string group);

    /// <summary>Removes a group's folder and every pin in it.</summary>
    void Remove(string group);
}
