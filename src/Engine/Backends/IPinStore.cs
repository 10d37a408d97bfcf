namespace ReuseportPS.Engine.Backends;

/// <summary>Keeps the maps and programs of groups by name, beyond the life of a process (bpffs), or of nothing (the simulator).</summary>
public interface IPinStore
{
    /// <summary>Names of the groups kept, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>The folder of a group, or null.</summary>
    IPinFolder? Open(string group);

    /// <summary>A new folder beside the others; nobody sees it until <see cref="IPinFolder.Publish"/>. Disposing it unpublished removes it.</summary>
    /// <param name="group">The name of the group that it is for.</param>
    /// <param name="unixGroup">A Unix group whose members may open folder and pins, now and whoever changes them later; null leaves them to their owner.</param>
    /// <exception cref="BackendException">They cannot be given to the Unix group, or its members could not reach them.</exception>
    /// <exception cref="NotSupportedException">The store has no Unix groups.</exception>
    IPinFolder Create(string group, uint? unixGroup = null);

    /// <summary>Opens the pins of a group that is kept already to the members of a Unix group.</summary>
    /// <exception cref="BackendException">They cannot be given to the group, or its members could not reach them.</exception>
    /// <exception cref="NotSupportedException">The store has no Unix groups.</exception>
    void Share(string group, uint unixGroup) => throw new NotSupportedException();

    /// <summary>Holds off other shells from changing the group until disposed. A group that another holds for over five seconds is EBUSY.</summary>
    IDisposable Lock(string group);

    /// <summary>Removes a group's folder and every pin in it.</summary>
    void Remove(string group);
}
