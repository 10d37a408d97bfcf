using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Bench.Peers;

/// <summary>T6: the default choice of 16,384 flows by columns, beside the same formula one by one over words that lie ready.</summary>
internal static class DefaultSelection
{
    private const int Flows = 16384;
    private const int Members = 8;
    private const int Rounds = 9;
    private const int Passes = 200;
    private const int WarmUps = 6;
    private static readonly TimeSpan s_warmUpPause = TimeSpan.FromMilliseconds(120);

    public static Target Measure()
    {
        Random random = new(1);
        FlowColumns columns = new(TransportProtocol.Udp, IpFamily.V4, Flows);
        (uint Local, uint Peer, uint Ports)[] words = new (uint, uint, uint)[Flows];
        for (int i = 0; i < Flows; i++)
        {
            words[i] = ((uint)random.Next(), (uint)random.Next(), (uint)random.Next());
            columns.Add(new FlowKey(IpFamily.V4, TransportProtocol.Udp, words[i].Peer, words[i].Local, (ushort)words[i].Ports, (ushort)(words[i].Ports >> 16)));
        }

        HashSecrets secrets = HashSecrets.FromSeed(1);
        uint[] positions = new uint[Flows];
        double[] ratios = new double[Rounds];
        for (int round = -WarmUps; round < Rounds; round++)
        {
            if (round < 0)
            {
                Thread.Sleep(s_warmUpPause);
            }

            long start = ThreadTime.Now();
            for (int pass = 0; pass < Passes; pass++)
            {
                ChooseEach(words, positions);
            }

            long middle = ThreadTime.Now();
            for (int pass = 0; pass < Passes; pass++)
            {
                columns.Choose(secrets, 0, Members, positions);
            }

            ratios[Math.Max(round, 0)] = (double)(middle - start) / (ThreadTime.Now() - middle);
        }

        Array.Sort(ratios);
        return new Target("T6", "default selection of 16,384 flows: one by one / by columns", ratios[Rounds / 2], 4, IsLeast: true);
    }

    private static void ChooseEach((uint Local, uint Peer, uint Ports)[] words, uint[] positions)
    {
        for (int i = 0; i < words.Length; i++)
        {
            positions[i] = (uint)(((ulong)JenkinsHash.OfThree(words[i].Local, words[i].Peer, words[i].Ports, 12345) * Members) >> 32);
        }
    }
}
