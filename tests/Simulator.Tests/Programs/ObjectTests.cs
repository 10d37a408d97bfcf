using System.Buffers.Binary;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Tests;
using SharedData = ReuseportPS.Engine.Tests.TestData;

namespace ReuseportPS.Simulator.Tests.Programs;

/// <summary>Programs from object files decide in the simulator as their sources say. The group is UDP on 127.0.0.1:5000, member i in seat i.</summary>
public sealed class ObjectTests
{
    private const int Members = 16;

    private readonly Host _host = new();
    private readonly IBackendSocket[] _members;
    private ElfObject? _read;

    public ObjectTests() => _members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", Members);

    [Fact]
    public void Hash_select_takes_the_hash_modulo_a_constant() => Check(Load("hash_select.o", "by_hash", "sockets"), flow => (int)(flow.Hash % 4));

    [Fact]
    public void Tail_calls_lead_to_the_program_of_the_protocol() => Check(Load("tail_calls.o", "by_protocol", "sockets"), _ => 1);

    [Fact]
    public void Globals_are_tables_counters_and_constants()
    {
        using LoadedCollection loaded = Load("globals.o", "by_table", "sockets");
        Check(loaded, flow => 7 - (int)((3 + (flow.Hash * 5) + 0x01020304) & 7));
        byte[] bss = MapOf(loaded, "globals.bss").Lookup([0, 0, 0, 0])!;
        Assert.Equal(1000ul, Enumerable.Range(0, 5).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(bss.AsSpan(i * 8))).Max());
    }

    [Theory]
    [InlineData("by_both")]
    [InlineData("by_family")]
    public void Subprograms_are_linked_for_each_program(string program)
    {
        Check(Load("subprograms.o", program, "sockets"), flow => program == "by_both" ? (int)(((Fold(flow.Hash) & 63) + 1) & 63) : (int)(1 + (Fold(flow.Hash) & 31)));

        static uint Fold(uint value) => (value * 2654435761u) ^ (((value + 1) * 2654435761u) >> 16);
    }

    [Fact]
    public void Inner_maps_are_those_of_the_source()
    {
        using LoadedCollection loaded = Load("map_in_map.o", "by_pool", "sockets");
        MapOf(loaded, "night").Update([0, 0, 0, 0], [5, 0, 0, 0]); // UDP is 17
        MapOf(loaded, "day").Update([0, 0, 0, 0], [9, 0, 0, 0]);
        Check(loaded, _ => 5);
    }

    [Fact]
    public void Callbacks_walk_a_map_and_count()
    {
        using LoadedCollection loaded = Load("callbacks.o", "by_weight", "sockets");
        IBackendMap weights = MapOf(loaded, "weights");
        foreach ((byte key, byte weight) in ((byte, byte)[])[(2, 10), (7, 40), (5, 20)])
        {
            weights.Update([key, 0, 0, 0], [weight, 0, 0, 0]);
        }

        Check(loaded, _ => 7 + 0 + 1 + 2 + 3);
    }

    [Theory]
    [InlineData("v2.g")]
    [InlineData("v3.strip")]
    [InlineData("v4.strip")]
    public void The_shared_hash_program_takes_the_hash_modulo_its_count(string variant)
    {
        string path = SharedData.SharedCorpus($"objects/public/p01_hash_mod.{variant}.o");
        Check(Load(File.ReadAllBytes(path), Path.GetFileName(path), "pick_by_hash", "workers"), flow => (int)(flow.Hash % 8));
    }

    private static IBackendMap MapOf(LoadedCollection loaded, string name) => loaded.Maps.Single(map => map.Spec.Name == name);

    private LoadedCollection Load(string name, string program, string sockets) =>
        Load(File.ReadAllBytes(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", name)), name, program, sockets);

    private LoadedCollection Load(byte[] bytes, string name, string program, string sockets)
    {
        _read = ElfObject.Read(bytes, name);
        Assert.True(_read.Succeeded, string.Join('\n', _read.Diagnostics));
        LoadedCollection loaded = LoadedCollection.Load(_host.Backend, _read.Collection);
        IBackendMap map = MapOf(loaded, sockets);
        Assert.Equal(MapType.ReuseportSockArray, map.Spec.Type);
        for (int i = 0; i < Math.Min(Members, map.Spec.MaxEntries); i++)
        {
            map.UpdateSocket((uint)i, _members[i]);
        }

        _members[0].AttachProgram(loaded.Programs[_read.Programs.ToList().FindIndex(one => one.Name == program)]);
        return loaded;
    }

    // A thousand flows; a seat that is empty makes the program drop.
    private void Check(LoadedCollection loaded, Func<Decision, int> expected)
    {
        for (int port = 10_000; port < 11_000; port++)
        {
            Decision decision = _host.Deliver(TransportProtocol.Udp, "127.0.0.1", fromPort: port);
            int seat = expected(decision);
            Assert.True(decision.Fault is null, decision.Fault?.ToString());
            Assert.Equal(seat < Members ? seat : -1, decision.Kind == DecisionKind.Program ? decision.SeatIndex : -1);
        }

        GC.KeepAlive(loaded);
    }
}
