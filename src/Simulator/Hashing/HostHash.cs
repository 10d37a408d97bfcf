using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>How a recorded host chooses in one of its network namespaces: its secrets, the namespace's mix, its TCP formula. Shows none of the secrets.</summary>
public sealed class HostHash
{
    private readonly bool[] _covered;

    internal HostHash(HashSecrets secrets, uint mix, TcpHashFormula tcpFormula, bool[] covered, bool searched)
    {
        (Secrets, Mix, TcpFormula, _covered, WasSearched) = (secrets, mix, tcpFormula, covered, searched);
    }

    /// <summary>The secrets, for <see cref="SimulatorOptions.HashSecrets"/>. Where the mix could not be told apart it is in them.</summary>
    public HashSecrets Secrets { get; }

    /// <summary>The host's TCP formula, for <see cref="SimulatorOptions.TcpHashFormula"/>.</summary>
    public TcpHashFormula TcpFormula { get; }

    /// <summary>Whether some of the secrets were found by trying every number, because they could not be read.</summary>
    public bool WasSearched { get; }

    internal uint Mix { get; }

    /// <summary>Whether the secrets of a protocol and family are known. What is not known cannot be predicted.</summary>
    public bool Covers(TransportProtocol protocol, IpFamily family) => _covered[IndexOf(protocol, family)];

    /// <summary>Gives a simulated namespace the mix of the recorded one.</summary>
    public void ApplyTo(SimulatedNamespace network) => network.HashMix = Mix;

    internal static int IndexOf(TransportProtocol protocol, IpFamily family) => (family == IpFamily.V6 ? 2 : 0) + (protocol == TransportProtocol.Tcp ? 1 : 0);
}
