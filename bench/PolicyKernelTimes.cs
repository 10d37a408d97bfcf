using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux;

namespace ReuseportPS.Bench;

/// <summary>
/// What a run of a policy takes in the kernel, and of C that does the same: datagrams over loopback in a network namespace of its own, to a group of sockets that the
/// programs are attached to in turn. The kernel's own clock around each run (kernel.bpf_stats_enabled) is switched on for the whole machine, and put back.
/// </summary>
internal sealed class PolicyKernelTimes : IDisposable
{
    public const int Slots = 8;

    public const string Explanation = " Nanoseconds are the kernel's own count of a run (`kernel.bpf_stats_enabled`), UDP over loopback, the programs attached in turn: medians of 401 samples, less that of a program that only passes.";

    private const string Setting = "/proc/sys/kernel/bpf_stats_enabled";
    private const int Rounds = 401;
    private const int DatagramsOfRound = 256;
    private const int Clients = 64;
    private readonly string _setting = File.ReadAllText(Setting);
    private readonly LinuxBackend _backend = new();
    private readonly INetworkNamespace _network;
    private readonly List<IBackendSocket> _members = [];
    private readonly List<IBackendSocket> _clients = [];
    private IBackendMap? _seats;
    private readonly IPEndPoint _service = new(IPAddress.Loopback, 443);

    public PolicyKernelTimes()
    {
        _network = _backend.CreateNamespace();
        for (int i = 0; i < Slots; i++)
        {
            _members.Add(_backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4), _network));
            _members[i].Bind(_service);
        }

        for (int i = 0; i < Clients; i++)
        {
            _clients.Add(_backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4, ReusePort: false), _network));
            _clients[i].Bind(new IPEndPoint(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.0.{i % 4}.{1 + i}")), 0));
        }

        File.WriteAllText(Setting, "1");
    }

    /// <summary>Net nanoseconds of a run: of the policy, and of the object's program.</summary>
    public (double Own, double Other) Measure(CompiledPolicy policy, string path)
    {
        ElfObject read = ElfObject.Read(File.ReadAllBytes(path), Path.GetFileName(path));
        if (!read.Succeeded)
        {
            throw new InvalidOperationException($"{path}: {read.Diagnostics[0]}");
        }

        List<IDisposable> open = [];
        try
        {
            IBackendMap seats = Seats(policy.Program.Maps[policy.Maps.Seats]);
            List<IBackendMap> slotCounters = [];
            IBackendProgram[] programs = [Load(PassingProgram.Spec), Load(policy.Program), Load(read.Programs[0].Spec)];
            List<double>[] times = [[], [], []];
            for (int round = 0; round < Rounds; round++)
            {
                for (int turn = 0; turn < programs.Length; turn++)
                {
                    int i = (round + turn) % programs.Length;
                    times[i].Add(MeasureOnce(programs[i]));
                }
            }

            long[][] counts = [.. slotCounters.Select(map => Enumerable.Range(0, Slots).Select(slot => MemoryMarshal.Cast<byte, long>(map.Lookup(BitConverter.GetBytes(slot))!).ToArray().Sum()).ToArray())];
            if (!counts[0].SequenceEqual(counts[1]) || counts[0].Sum() != (long)Rounds * DatagramsOfRound)
            {
                throw new InvalidOperationException($"{path}: slots got {string.Join(", ", counts[1])} datagrams by it, and {string.Join(", ", counts[0])} by the policy.");
            }

            double[] medians = [.. times.Select(samples => samples.Order().ElementAt(Rounds / 2))];
            return (medians[1] - medians[0], medians[2] - medians[0]);

            IBackendProgram Load(ProgramSpec spec)
            {
                List<IBackendMap> maps = [];
                foreach (MapSpec map in spec.Maps)
                {
                    maps.Add(map.Type == MapType.ReuseportSockArray ? seats : Keep(_backend.CreateMap(map)));
                    slotCounters.AddRange(IsMap(policy.Maps.SlotCounters) ? [maps[^1]] : []);
                    IReadOnlyList<MapSpec> inner = IsMap(policy.Maps.Tables) ? policy.Bank.Tables : IsMap(policy.Maps.Lists) ? policy.Bank.Lists : [];
                    for (int i = 0; i < 2 * inner.Count; i++)
                    {
                        using IBackendMap filled = _backend.CreateMap(inner[i % inner.Count]);
                        maps[^1].UpdateMap((uint)i, filled);
                    }

                    // The other program's maps have the names of the policy's.
                    bool IsMap(int index) => index >= 0 && map.Name == policy.Program.Maps[index].Name;
                }

                return Keep(_backend.LoadProgram(spec, maps));
            }
        }
        finally
        {
            _members[0].DetachProgram();
            open.ForEach(one => one.Dispose());
        }

        T Keep<T>(T one)
            where T : IDisposable
        {
            open.Add(one);
            return one;
        }
    }

    public void Dispose()
    {
        File.WriteAllText(Setting, _setting);
        _members.ForEach(member => member.Dispose());
        _clients.ForEach(client => client.Dispose());
        _seats?.Dispose();
        _network.Dispose();
        _backend.Dispose();
    }

    // A socket can be in one such map only.
    private IBackendMap Seats(MapSpec spec)
    {
        if (_seats is null)
        {
            _seats = _backend.CreateMap(spec);
            for (int i = 0; i < Slots; i++)
            {
                _seats.UpdateSocket((uint)i, _members[i]);
            }
        }

        return _seats;
    }

    private double MeasureOnce(IBackendProgram program)
    {
        _members[0].AttachProgram(program);
        (long time, long runs) before = Stats(program.Id);
        Span<byte> datagram = stackalloc byte[64];
        datagram.Clear();

        // A short header of QUIC, whose id names a worker.
        datagram[0] = 0x40;
        for (int i = 0; i < DatagramsOfRound; i++)
        {
            datagram[1] = (byte)(i % Slots);
            _clients[i % Clients].SendTo(datagram, _service);
        }

        (long time, long runs) after = Stats(program.Id);
        return after.runs - before.runs >= DatagramsOfRound
            ? (double)(after.time - before.time) / (after.runs - before.runs)
            : throw new InvalidOperationException($"Of {DatagramsOfRound} datagrams the program saw {after.runs - before.runs}.");
    }

    // Of this process's descriptors the one of the program says what it took (bpf_prog_show_fdinfo).
    private static (long Time, long Runs) Stats(uint id)
    {
        foreach (string path in Directory.GetFiles("/proc/self/fdinfo"))
        {
            string[] lines;
            try
            {
                lines = File.ReadAllLines(path);
            }
            catch (IOException)
            {
                continue;
            }

            if (Number("prog_id:") == id)
            {
                return (Number("run_time_ns:") ?? 0, Number("run_cnt:") ?? 0);
            }

            long? Number(string name) => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is string line
                ? long.Parse(line[name.Length..], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture)
                : null;
        }

        throw new InvalidOperationException($"No descriptor of program {id}.");
    }
}
