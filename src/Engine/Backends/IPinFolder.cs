namespace ReuseportPS.Engine.Backends;

/// <summary>The pins of one group. Names are of [a-z0-9_-], at most 40 characters.</summary>
public interface IPinFolder : IDisposable
{
    /// <summary>Names of the pins, in ordinal order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Pins a map under a name; an older pin of that name is replaced in one step.</summary>
    void Pin(string name, IBackendMap map);

    /// <summary>Pins a program under a name; an older pin of that name is replaced in one step.</summary>
    void Pin(string name, IBackendProgram program);

    /// <summary>Opens a pinned map, or null.</summary>
    IBackendMap? OpenMap(string name);

    /// <summary>Opens a pinned program, or null.</summary>
    IBackendProgram? OpenProgram(string name);

    /// <summary>Removes a pin; nothing happens when there is none.</summary>
    void Unpin(string name);

    /// <summary>Refuses a change that makes maps or programs, before anything is touched, where the folder is open to others than its owner and this process may make none.</summary>
    /// <param name="why">What is made, as the rest of a sentence that begins "this change".</param>
    /// <exception cref="BackendException">It may not (RPS5410).</exception>
    void RequireMaker(string why)
    {
    }

    /// <summary>Makes the folder visible under the group's name; EEXIST when there is one already.</summary>
    void Publish();
}
