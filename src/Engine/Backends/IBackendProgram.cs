namespace ReuseportPS.Engine.Backends;

/// <summary>A loaded program.</summary>
public interface IBackendProgram : IDisposable
{
    /// <summary>The kernel's id.</summary>
    uint Id { get; }

    /// <summary>Name it was loaded with.</summary>
    string Name { get; }

    /// <summary>The kernel's tag: 8 bytes of hash over the instructions, in hex.</summary>
    string Tag { get; }
}
