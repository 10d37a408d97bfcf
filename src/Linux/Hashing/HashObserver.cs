using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Hashing;

/// <summary>
/// Sees the hashes that the kernel gives to flows of this process's own, over loopback to a group of its own that nobody else can meet.
/// </summary>
internal sealed class HashObserver : IDisposable
{
    private const int Observations = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly byte[] s_zero = new byte[4];

    private readonly LinuxBackend _backend;
    private readonly LinuxNamespace _namespace;
    private readonly LinuxMap _notes;
    private readonly LinuxProgram _program;
    private readonly bool _seesMix;

    /// <summary>Loads the program.</summary>
    /// <exception cref="BackendException">It is refused: it needs CAP_BPF.</exception>
    internal HashObserver(LinuxBackend backend, LinuxNamespace network)
    {
        _backend = backend;
        _namespace = network;
        _notes = LinuxMap.Create(HashProgram.Notes);
        try
        {
            LinuxProgram? withMix = TryLoadWithMix(_notes);
            _seesMix = withMix is not null;
            _program = withMix ?? LinuxProgram.Load(HashProgram.HashOnly(), [_notes]);
        }
        catch
        {
            _notes.Dispose();
            throw;
        }
    }

    /// <summary>The namespace's mix, once a packet was seen; null where it cannot be read.</summary>
    internal uint? Mix { get; private set; }

    public void Dispose()
    {
        _program.Dispose();
        _notes.Dispose();
    }

    /// <summary>Some hashes of a protocol and family; none where the family is not there.</summary>
    internal ImmutableArray<ObservedHash> Observe(TransportProtocol protocol, IpFamily family)
    {
        ImmutableArray<ObservedHash>.Builder seen = ImmutableArray.CreateBuilder<ObservedHash>();
        IPEndPoint anyPort = new(family == IpFamily.V4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0);
        try
        {
            using IBackendSocket member = _backend.CreateSocket(new SocketSpec(protocol, family, V6Only: family == IpFamily.V6 ? true : null), _namespace);
            member.Bind(anyPort);
            if (protocol == TransportProtocol.Tcp)
            {
                member.Listen(Observations);
            }

            member.AttachProgram(_program);
            while (seen.Count < Observations && ObserveOne(member, anyPort) is { } observed)
            {
                seen.Add(observed);
            }
        }
        catch (BackendException) when (family == IpFamily.V6)
        {
            // A host without IPv6 has no such hash.
        }

        return seen.ToImmutable();
    }

    private ObservedHash? ObserveOne(IBackendSocket member, IPEndPoint anyPort)
    {
        using IBackendSocket client = _backend.CreateSocket(new SocketSpec(member.Protocol, member.Family, ReusePort: false), _namespace);
        client.Bind(anyPort);
        IPEndPoint source = client.LocalEndPoint!;
        IPEndPoint destination = member.LocalEndPoint!;
        if (member.Protocol == TransportProtocol.Tcp)
        {
            client.Connect(destination);
        }
        else
        {
            client.SendTo([1], destination);
        }

        if (_backend.WaitForArrival([member], s_patience) is null)
        {
            return null;
        }

        IPEndPoint? from;
        if (member.Protocol == TransportProtocol.Tcp)
        {
            using IBackendSocket? accepted = member.TryAccept(out from);
            accepted?.Abort();
            client.Abort();
        }
        else
        {
            _ = member.TryReceive(new byte[1], out _, out from);
        }

        ReadOnlySpan<byte> notes = _notes.Lookup(s_zero);
        Mix = _seesMix ? MemoryMarshal.Read<uint>(notes[4..]) : null;
        FlowKey flow = new(
            member.Family, member.Protocol, FlowKey.ToNumber(source.Address), FlowKey.ToNumber(destination.Address), (ushort)source.Port, (ushort)destination.Port);

        // Somebody else's packet to this port would be in the notes.
        return source.Equals(from) ? new ObservedHash(flow, MemoryMarshal.Read<uint>(notes)) : null;
    }

    private static LinuxProgram? TryLoadWithMix(LinuxMap notes)
    {
        try
        {
            return HashProgram.WithMix(KernelBtf.Read()) is { } spec ? LinuxProgram.Load(spec, [notes]) : null;
        }
        catch (BackendException)
        {
            return null; // Without CAP_PERFMON, or without BTF.
        }
    }
}
