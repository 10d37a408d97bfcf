using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Simulator.Tests.Hashing;

/// <summary>The default selection against what a 6.18 kernel computed and did.</summary>
public sealed class FlowHashTests
{
    private const string File = "hash-vectors-6.18.txt";

    private static readonly uint[] s_secrets =
        [.. TestData.Lines(File)[0].Split(' ').Skip(1).Select(word => uint.Parse(word, NumberStyles.HexNumber))];

    public static TheoryData<string> Flows => [.. TestData.Lines(File).Skip(1)];

    private static HashSecrets Secrets => new(s_secrets[0], s_secrets[1], s_secrets[2], s_secrets[3], s_secrets[4], s_secrets[5]);

    private static uint Mix => s_secrets[6];

    [Fact]
    public void There_are_80_vectors() => Assert.Equal(80, TestData.Lines(File).Count - 1);

    [Theory]
    [MemberData(nameof(Flows))]
    public void Formula_gives_the_kernels_hash(string line)
    {
        Vector vector = Vector.Parse(line);
        IpFamily family = vector.Destination.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        uint hash = FlowHash.Compute(
            Secrets, Mix, vector.Protocol, family, vector.IsWildcard ? 0 : FlowKey.ToNumber(vector.Destination), vector.Port,
            FlowKey.ToNumber(vector.Source), vector.SourcePort);
        Assert.Equal(vector.Hash, hash);
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void Host_delivers_to_the_kernels_member(string line)
    {
        Vector vector = Vector.Parse(line);
        Host host = new(new SimulatorOptions { HashSecrets = Secrets });
        host.Network.HashMix = Mix;
        string bound = vector.Kind switch
        {
            "exact" => vector.Destination.ToString(),
            "dual" => "::",
            _ => vector.Destination.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "0.0.0.0" : "::",
        };
        IBackendSocket[] members = host.OpenGroup(vector.Protocol, bound, vector.Members, vector.Port);

        Decision decision = host.Deliver(
            vector.Protocol, vector.Destination.ToString(), 0, vector.Source.ToString(), vector.SourcePort, vector.Port);

        Assert.Equal((DecisionKind.Hash, vector.Hash, vector.Member), (decision.Kind, decision.Hash, decision.MemberIndex));
        Assert.Equal(members[vector.Member].Cookie, decision.Cookie);
        Assert.Equal(vector.IsWildcard, decision.IsWildcardPass);
    }

    private sealed record Vector(
        TransportProtocol Protocol, string Kind, IPAddress Destination, ushort Port, IPAddress Source, ushort SourcePort, uint Hash, int Members, int Member)
    {
        public bool IsWildcard => Kind != "exact";

        public static Vector Parse(string line)
        {
            string[] word = line.Split(' ');
            return new Vector(
                word[0] == "tcp" ? TransportProtocol.Tcp : TransportProtocol.Udp, word[1], IPAddress.Parse(word[2]), ushort.Parse(word[3]),
                IPAddress.Parse(word[4]), ushort.Parse(word[5]), uint.Parse(word[6], NumberStyles.HexNumber), int.Parse(word[7]), int.Parse(word[8]));
        }
    }
}
