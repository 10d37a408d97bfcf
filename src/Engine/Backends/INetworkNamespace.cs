namespace ReuseportPS.Engine.Backends;

/// <summary>A network namespace of a backend.</summary>
public interface INetworkNamespace : IDisposable
{
    /// <summary>Its identity: the inode number of the namespace on Linux.</summary>
    ulong Id { get; }
}
