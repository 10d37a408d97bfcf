namespace ReuseportPS.Engine.Backends;

/// <summary>A network namespace of a backend.</summary>
public interface INetworkNamespace : IDisposable
{
    /// <summary>Its identity: the inode number of the namespace on Linux.</summary>
    ulong Id { get; }

    /// <summary>What of it cannot be seen from here and why, without a full stop; null when nothing is hidden.</summary>
    string? Hidden => null;

    /// <summary>Sets a sysctl of the namespace.</summary>
    /// <param name="name">Its name, such as <c>net.ipv4.tcp_migrate_req</c>.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="BackendException">ENOENT: the namespace has no such sysctl.</exception>
    void SetSysctl(string name, long value);

    /// <summary>Reads a sysctl of the namespace that is one number.</summary>
    /// <param name="name">Its name, such as <c>net.ipv4.tcp_migrate_req</c>.</param>
    /// <exception cref="BackendException">ENOENT: the namespace has no such sysctl. EACCES: it may not be read.</exception>
    long ReadSysctl(string name);

    /// <summary>Reads a TcpExt counter of the namespace.</summary>
    /// <param name="name">Its name, such as <c>TCPMigrateReqSuccess</c>.</param>
    /// <exception cref="BackendException">ENOENT: there is no such counter.</exception>
    long ReadCounter(string name);
}
