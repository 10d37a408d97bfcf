using System.Diagnostics;
using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Bench;

/// <summary><c>bench -- scale</c>: what a packet costs in groups of 4 to 32768 members, what a member weighs, and what a live flow weighs.</summary>
internal static class ScaleCommand
{
    private const int Packets = 200_000;
    private const int Repetitions = 9; // The best counts: others run on the machine too.
    private const int LiveFlows = 1_000_000;
    private const int Port = 443;

    public static int Run()
    {
        Console.WriteLine("members   ns/packet by hash   ns/packet by program   bytes/member");

        // The first line warms up.
        foreach (int members in (int[])[4, 4, 16, 64, 256, 1024, 4096, 16384, 32768])
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            using SimulatorBackend host = new(new SimulatorOptions { Seed = 1 });
            SimulatedNamespace network = (SimulatedNamespace)host.CurrentNamespace;
            network.QueuesArrivals = false;
            MapSpec spec = new("seats", MapType.ReuseportSockArray, 4, 8, members);
            IBackendMap seats = host.CreateMap(spec);
            List<IBackendSocket> sockets = [];
            for (int i = 0; i < members; i++)
            {
                IBackendSocket socket = host.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
                socket.Bind(new IPEndPoint(IPAddress.Any, Port));
                seats.UpdateSocket((uint)i, socket);
                sockets.Add(socket);
            }

            long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            double byHash = Measure(network);
            sockets[0].AttachProgram(host.LoadProgram(SelectByHash(spec, members), [seats]));
            double byProgram = Measure(network);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{members,7} {byHash,19:0} {byProgram,22:0} {(double)bytes / members,14:0}"));
        }

        // Many source ports and few addresses, and the other way round: a bind must not count the sockets that have the same port.
        MeasureLiveFlows(sourcePorts: 60_000);
        MeasureLiveFlows(sourcePorts: 256);
        return 0;
    }

    /// <summary>Connections that are open at once, both ends in the simulator, as a client and a server would hold them.</summary>
    private static void MeasureLiveFlows(int sourcePorts)
    {
        using SimulatorBackend host = new(new SimulatorOptions { Seed = 1 });
        IBackendSocket[] listeners = [.. Enumerable.Range(0, 16).Select(_ =>
        {
            IBackendSocket listener = host.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4));
            listener.Bind(new IPEndPoint(IPAddress.Any, Port));
            listener.Listen(4096);
            return listener;
        })];
        IPEndPoint service = new(IPAddress.Loopback, Port);
        List<IBackendSocket> open = new(2 * LiveFlows);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long start = Stopwatch.GetTimestamp();
        for (int flow = 0; flow < LiveFlows; flow++)
        {
            IBackendSocket client = host.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4, ReusePort: false));
            int address = 1 + (flow / sourcePorts);
            client.Bind(new IPEndPoint(new IPAddress([10, 1, (byte)(address >> 8), (byte)address]), 1024 + (flow % sourcePorts)));
            client.Connect(service);
            open.Add(client);
            open.Add(host.WaitForArrival(listeners, TimeSpan.Zero)!.TryAccept(out _)!);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{LiveFlows} live TCP connections from {sourcePorts} source ports, both ends: {(double)bytes / LiveFlows:0} bytes each, {bytes >> 20} MiB in all; opened in {seconds:0.0} s"));
        GC.KeepAlive(open);
    }

    private static double Measure(SimulatedNamespace network)
    {
        byte[] datagram = new byte[36];
        datagram[25] = 16;
        double best = double.MaxValue;
        for (int time = 0; time < Repetitions; time++)
        {
            long start = Stopwatch.GetTimestamp();
            Deliver(Packets);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Packets);
        }

        return best;

        void Deliver(int count)
        {
            for (int i = 0; i < count; i++)
            {
                FlowKey flow = new(IpFamily.V4, TransportProtocol.Udp, 0x0a000000u + (uint)i, 0x7f000001, (ushort)(1024 + i % 60000), Port);
                network.Deliver(new Packet { Timestamp = 0, Data = datagram, TransportOffset = 20, TransportLength = 16, Flow = flow }, 0);
            }
        }
    }

    /// <summary>Selects the seat hash * members / 2^32.</summary>
    private static ProgramSpec SelectByHash(MapSpec seats, int members) => new(
        "scale", ProgramType.SkReuseport, AttachType.SkReuseportSelect,
        [
            Load(MemorySize.Word, Register.R2, Register.R1, 32),
            Alu64(AluOperation.Multiply, Register.R2, members),
            Alu64(AluOperation.ShiftRight, Register.R2, 32),
            Store(MemorySize.Word, Register.R10, -4, Register.R2),
            LoadMap(Register.R2, 0),
            Move(Register.R3, Register.R10),
            Alu64(AluOperation.Add, Register.R3, -4),
            MoveImmediate(Register.R4, 0),
            CallHelper(82),
            MoveImmediate(Register.R0, 1),
            Exit(),
        ],
        [seats]);
}
