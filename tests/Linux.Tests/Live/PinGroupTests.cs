using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Linux.Pins;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>Pins that are open to a Unix group, tried by a user who has no capability and is in that group alone.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PinGroupTests : LinuxTest
{
    private const int MemberUser = 12345;
    private const int Stranger = 23456;
    private const uint Shared = 34567;
    private const string Name = "open";
    private const string LeastLoaded = "by: least-loaded, to: [0-2], stale: 1h";

    private readonly LinuxBackendOptions _options;
    private readonly string _root;

    public PinGroupTests()
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        File.SetUnixFileMode(bpffs.Path, (UnixFileMode)0x1c9); // 0711
        _root = bpffs.Path + "/groups";
        _options = new LinuxBackendOptions { PinDirectory = _root };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_member_without_capabilities_reads_tells_loads_and_drains_and_what_makes_something_is_refused_untouched(bool later)
    {
        _ = Group(TransportProtocol.Tcp, "127.0.0.1:8080", 3);
        OnHost(backend => As(backend, groups =>
        {
            groups.Adopt(Request(later ? null : Shared)).Dispose();
            using ManagedGroup group = groups.Find(Name)!;
            group.Apply(Policy(LeastLoaded));
            if (later)
            {
                groups.Adopt(Request(Shared)).Dispose();
                group.Apply(Policy(LeastLoaded + "\non-miss: next"));
            }
        }));
        CheckModes();
        string[] before = [.. Names()];
        AsMember([], groups =>
        {
            using ManagedGroup group = groups.Find(Name)!;
            Assert.Equal(3, group.ReadSlots().Count(slot => slot.Seats[0].Cookie != 0));
            Assert.NotEmpty(group.ReadCounters());
            Assert.Equal("test", group.Policy!.Name);
            _ = group.Change(new SlotChange([SlotItem.Of(1)]) { Load = 77 });
            Assert.Equal([0U, 77U, 0U], group.ReadLoads().Select(load => (uint)load));
            foreach (Action change in (Action[])[
                () => group.Apply(Policy("by: hash")),
                () => group.RemovePolicy(),
                () => groups.Remove(Name)])
            {
                DiagnosticException refused = Assert.Throws<BackendException>(change);
                Assert.Equal("RPS5410", refused.Diagnostics[0].Code);
                Assert.Contains("CAP_BPF", refused.Message, StringComparison.Ordinal);
            }

            Assert.Equal([0U, 77U, 0U], group.ReadLoads().Select(load => (uint)load));
            Assert.Equal(SlotState.Active, group.States[1]);
            _ = group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining, Load = 78 });
            _ = group.Change(new SlotChange([SlotItem.Of(1)]) { Load = 77 });
        });
        Assert.Equal(before, Names());
        OnHost(backend => As(backend, groups =>
        {
            using ManagedGroup group = groups.Find(Name)!;
            Assert.Equal([0U, 77U, 0U], group.ReadLoads().Select(load => (uint)load));
            Assert.Equal(SlotState.Draining, group.States[1]);
            Assert.Equal(PolicyChange.None, group.Plan(group.Policy!).Change);
            groups.Remove(Name);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
        }));
    }

    /// <summary>Each change by a shell of its own, and 40 connections after it.</summary>
    [Fact]
    public void A_member_without_capabilities_changes_weights_states_seats_and_policies()
    {
        const string Weighted = "by: weighted, weights: { 0: 1, 1: 0, 2: 0 }, key: source-port";
        ImmutableArray<LinuxSocket> members = Group(TransportProtocol.Tcp, "127.0.0.1:8080", 3);
        OnHost(backend => As(backend, groups =>
        {
            groups.Adopt(Request(Shared)).Dispose();
            using ManagedGroup group = groups.Find(Name)!;
            group.Apply(Policy(Weighted));
        }));
        string[] before = [.. Names()];
        int source = 20000;
        Expect(40, 0, 0);
        foreach ((Action<ManagedGroup> change, int[] shares) in ((Action<ManagedGroup>, int[])[])[
            (group => group.Change(new SlotChange([SlotItem.Of(1)]) { Weight = 9 }), [4, 36, 0]),
            (group => group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining }), [40, 0, 0]),
            (group => group.Change(new SlotChange([SlotItem.Of(2)]) { Weight = 1 }), [20, 0, 20]),
            (group => group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Active }), [4, 32, 4]),
            (group => group.Change(new SlotChange([SlotItem.Of(0, 1)]) { State = SlotState.Draining }), [0, 0, 40]),
            (group => group.Change(new SlotChange([SlotItem.Of(0, 1)]) { State = SlotState.Active }), [4, 32, 4]),
            (group => group.Apply(Policy(Weighted.Replace("0: 1, 1: 0", "0: 0, 1: 1", StringComparison.Ordinal))), [0, 40, 0]),
            (group => group.Apply(group.FindVersion(null)), [4, 32, 4]),
            (group => group.Change(new SlotChange([SlotItem.Of(2)]) { Weight = 0 }), [4, 36, 0]),
            (group => group.ClearSlots([SlotItem.Of(2)]), [4, 36, 0])])
        {
            AsMember([], groups =>
            {
                using ManagedGroup group = groups.Find(Name)!;
                change(group);
            });
            Expect(shares);
        }

        Assert.Equal(before, Names());
        CheckModes();
        OnHost(backend => As(backend, groups =>
        {
            using ManagedGroup group = groups.Find(Name)!;
            Assert.Equal([1, 9, 0], Enumerable.Range(0, 3).Select(slot => PolicyWeights.Of(group.Policy!, slot, 3)!.Value));
            Assert.Equal((0UL, 2U), (group.ReadSlots()[2].Seats[0].Cookie, group.States.GenerationOf(2)));
            Assert.Equal(PolicyChange.None, group.Plan(group.Policy!).Change);
            groups.Remove(Name);
        }));

        void Expect(params int[] shares)
        {
            int[] got = new int[3];
            for (int connection = 0; connection < shares.Sum(); connection++)
            {
                got[WhoGets(members, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"127.0.0.1:{source++}"))]++;
            }

            // Within three standard deviations of the binomial, and none where none is meant.
            for (int slot = 0; slot < 3; slot++)
            {
                double share = shares[slot] / 40.0;
                Assert.InRange(got[slot], shares[slot] - (3 * Math.Sqrt(40 * share * (1 - share))), shares[slot] + (3 * Math.Sqrt(40 * share * (1 - share))));
            }
        }
    }

    [Fact]
    public void A_member_with_CAP_BPF_changes_states_and_the_owner_goes_on_from_there()
    {
        _ = Group(TransportProtocol.Tcp, "127.0.0.1:8080", 3);
        OnHost(backend => As(backend, groups =>
        {
            groups.Adopt(Request(Shared)).Dispose();
            using ManagedGroup group = groups.Find(Name)!;
            group.Apply(Policy("by: hash"));
        }));
        AsMember([CapabilityThread.Bpf], groups =>
        {
            using ManagedGroup group = groups.Find(Name)!;
            _ = group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        });
        CheckModes();
        OnHost(backend => As(backend, groups =>
        {
            using ManagedGroup group = groups.Find(Name)!;
            Assert.Equal(SlotState.Draining, group.States[1]);
            _ = group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Active });
        }));
        AsMember([CapabilityThread.Bpf], groups =>
        {
            using ManagedGroup group = groups.Find(Name)!;
            Assert.Equal(SlotState.Active, group.States[1]);
        });
        OnHost(backend => As(backend, groups => groups.Remove(Name)));
    }

    [Fact]
    public async Task A_stranger_gets_nothing_and_members_wait_for_the_lock()
    {
        _ = Group(TransportProtocol.Tcp, "127.0.0.1:8080", 2);
        OnHost(backend => As(backend, groups => groups.Adopt(Request(Shared)).Dispose()));
        CapabilityThread.Run([], Stranger, Stranger, () =>
        {
            using LinuxBackend backend = new(_options);
            Assert.Empty(backend.Pins.List());
            Assert.Null(backend.Pins.Open(Name));
            Assert.Equal(Errno.EACCES, ErrnoOf(() => backend.Pins.Lock(Name)));
        });
        using (LinuxBackend owner = new(_options))
        {
            IDisposable held = owner.Pins.Lock(Name);
            Task waiting = Task.Run(() => CapabilityThread.Run([], MemberUser, (int)Shared, () =>
            {
                using LinuxBackend backend = new(_options);
                backend.Pins.Lock(Name).Dispose();
            }));
            Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(300)));
            held.Dispose();
            await waiting;
        }

        OnHost(backend => As(backend, groups => groups.Remove(Name)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
    }

    [Fact]
    public void A_link_in_the_place_of_a_pin_opens_nothing_else()
    {
        string secret = Path.GetTempFileName();
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        try
        {
            using LinuxBackend owner = new(_options);
            using (owner.Pins.Lock(Name))
            using (IPinFolder folder = owner.Pins.Create(Name, Shared))
            {
                folder.Publish();
                File.CreateSymbolicLink($"{_root}/g_{Name}/state", secret);
                owner.Pins.Share(Name, Shared);
                Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(secret));
                owner.Pins.Remove(Name);
            }
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Fact]
    public void A_directory_above_that_lets_nobody_in_is_refused_and_nothing_stays()
    {
        _ = Group(TransportProtocol.Tcp, "127.0.0.1:8080", 2);
        File.SetUnixFileMode(Path.GetDirectoryName(_root)!, (UnixFileMode)0x1c0); // 0700
        OnHost(backend => As(backend, groups =>
        {
            BackendException refused = Assert.Throws<BackendException>(() => groups.Adopt(Request(Shared)));
            Assert.Equal("RPS5409", refused.Diagnostics[0].Code);
            Assert.Contains(Path.GetDirectoryName(_root)!, refused.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
        }));
    }

    [Theory]
    [InlineData("root", 0U)]
    [InlineData("34567", 34567U)]
    [InlineData("0", 0U)]
    [InlineData("no such group", null)]
    [InlineData("-1", null)]
    [InlineData("4294967295", null)]
    [InlineData("x", null)]
    public void A_Unix_group_is_known_by_name_or_number(string name, uint? number)
    {
        if (number is uint known)
        {
            Assert.Equal(known, UnixGroup.Find(name));
        }
        else
        {
            Assert.Equal("RPS5407", Assert.Throws<BackendException>(() => UnixGroup.Find(name)).Diagnostics[0].Code);
        }
    }

    private static GroupAdoptRequest Request(uint? unixGroup) => new(Name, TransportProtocol.Tcp, 8080, null, [], PinGroup: unixGroup);

    private static SteeringPolicy Policy(string otherwise)
    {
        string[] parts = otherwise.Split('\n');
        return PolicyYaml.Read($"version: 1\npolicy: test\notherwise: {{ {parts[0]} }}\n{string.Join('\n', parts[1..])}").Policy!;
    }

    private static void As(LinuxBackend backend, Action<GroupCatalog> action)
    {
        using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
        action(groups);
    }

    // In the namespace of the members: a thread is born into its parent's.
    private void OnHost(Action<LinuxBackend> action) => Namespace.Run(() =>
    {
        using LinuxBackend backend = new(_options);
        action(backend);
        return true;
    });

    private void AsMember(int[] capabilities, Action<GroupCatalog> action) => Namespace.Run(() =>
    {
        CapabilityThread.Run(capabilities, MemberUser, (int)Shared, () =>
        {
            using LinuxBackend backend = new(_options);
            As(backend, action);
        });
        return true;
    });

    private IEnumerable<string> Names() => Directory.EnumerateFileSystemEntries($"{_root}/g_{Name}").Order(StringComparer.Ordinal);

    private void CheckModes()
    {
        Assert.Equal("2770 34567", Stat($"{_root}/g_{Name}"));
        Assert.Equal("750 34567", Stat($"{_root}/l_{Name}"));
        Assert.Equal("711 0", Stat(_root));
        Assert.All(Names(), pin => Assert.Equal("660 34567", Stat(pin)));

        static string Stat(string path)
        {
            using System.Diagnostics.Process stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%a %g", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            string output = stat.StandardOutput.ReadToEnd().Trim();
            stat.WaitForExit();
            return output;
        }
    }
}
