using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Pins;

namespace ReuseportPS.Linux.Tests;

public sealed class PinTests : LinuxTest
{
    private readonly string _mount;
    private readonly LinuxBackend _pinning;

    public PinTests()
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        _mount = bpffs.Path;
        _pinning = Own(new LinuxBackend(new LinuxBackendOptions { PinDirectory = _mount + "/groups" }));
    }

    private IPinStore Pins => _pinning.Pins;

    [Fact]
    public void Nothing_is_there_before_the_first_group()
    {
        Assert.Empty(Pins.List());
        Assert.Null(Pins.Open("web"));
        Pins.Remove("web");
        Assert.False(Directory.Exists(_mount + "/groups"));
    }

    [Fact]
    public void A_group_is_seen_when_it_is_published_and_by_another_shell()
    {
        LinuxMap map = Map(SockArray(8));
        LinuxProgram program = Program(SelectSlot(3, map.Spec), map);
        map.UpdateSocket(3, Member(TransportProtocol.Udp, "127.0.0.1:9000"));
        using (IPinFolder folder = Pins.Create("web"))
        {
            folder.Pin("seats-v4", map);
            folder.Pin("program", program);
            Assert.Equal(["program", "seats-v4"], folder.Names);
            Assert.Empty(Pins.List());
            Assert.Null(Pins.Open("web"));
            folder.Publish();
            Assert.Equal(["program", "seats-v4"], folder.Names);
        }

        map.Dispose();
        program.Dispose();
        using LinuxBackend other = new(new LinuxBackendOptions { PinDirectory = _mount + "/groups/" });
        Assert.Equal(["web"], other.Pins.List());
        using IPinFolder again = other.Pins.Open("web")!;
        using IBackendMap seats = again.OpenMap("seats-v4")!;
        using IBackendProgram loaded = again.OpenProgram("program")!;
        Assert.Equal(map.Spec, seats.Spec);
        Assert.Equal(map.Id, seats.Id);
        Assert.NotNull(seats.Lookup(Key(3)));
        Assert.Equal((program.Id, program.Tag, "select"), (loaded.Id, loaded.Tag, loaded.Name));
        Assert.Null(again.OpenMap("absent"));
        Assert.Null(again.OpenProgram("absent"));
        other.Pins.Remove("web");
        Assert.Empty(other.Pins.List());
        Assert.Empty(BpffsDirectory.Names(_mount + "/groups"));
    }

    [Fact]
    public void The_spec_of_a_pinned_map_says_that_it_is_frozen()
    {
        using IPinFolder folder = Pins.Create("web");
        folder.Pin("text", Map(new MapSpec("text", MapType.Array, 4, 16, 2, MapFlags.ReadOnlyProgram) { Frozen = true }));
        using IBackendMap map = folder.OpenMap("text")!;
        Assert.Equal(new MapSpec("text", MapType.Array, 4, 16, 2, MapFlags.ReadOnlyProgram) { Frozen = true }, map.Spec);
    }

    [Fact]
    public void A_pin_is_replaced_in_one_step()
    {
        using IPinFolder folder = Pins.Create("web");
        LinuxMap[] maps = [Map(SockArray(1)), Map(SockArray(2))];
        folder.Pin("seats", maps[0]);

        // Whoever opens the pin while it is replaced finds one map or the other, never none.
        using CancellationTokenSource stop = new();
        Thread writer = new(() =>
        {
            for (int i = 1; !stop.IsCancellationRequested; i++)
            {
                folder.Pin("seats", maps[i & 1]);
            }
        });
        writer.Start();
        HashSet<uint> seen = [];
        for (int i = 0; i < 3000; i++)
        {
            using IBackendMap? map = folder.OpenMap("seats");
            seen.Add(map?.Id ?? 0);
        }

        stop.Cancel();
        writer.Join();
        Assert.Subset(new HashSet<uint> { maps[0].Id, maps[1].Id }, seen);
        Assert.Equal(["seats"], folder.Names);
        folder.Unpin("seats");
        folder.Unpin("seats");
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_pin_of_the_wrong_kind_is_told_apart()
    {
        using IPinFolder folder = Pins.Create("web");
        folder.Pin("thing", Map(SockArray(1)));
        folder.Pin("code", Program(Return(1)));
        Assert.Equal("RPS5086", Assert.Throws<BackendException>(() => folder.OpenProgram("thing")).Diagnostics[0].Code);
        Assert.Equal("RPS5086", Assert.Throws<BackendException>(() => folder.OpenMap("code")).Diagnostics[0].Code);
    }

    [Fact]
    public void The_first_who_publishes_has_the_name()
    {
        using IPinFolder first = Pins.Create("web");
        using IPinFolder second = Pins.Create("web");
        first.Publish();
        BackendException late = Assert.Throws<BackendException>(second.Publish);
        Assert.Equal((Errno.EEXIST, "RPS5082"), (late.Errno, late.Diagnostics[0].Code));
        Assert.Throws<InvalidOperationException>(first.Publish);
    }

    [Fact]
    public void An_unpublished_folder_leaves_nothing()
    {
        using (IPinFolder folder = Pins.Create("web"))
        {
            folder.Pin("seats", Map(SockArray(1)));
        }

        Assert.Empty(BpffsDirectory.Names(_mount + "/groups"));
    }

    [Fact]
    public void What_a_dead_shell_left_is_not_listed_and_goes_with_the_next_lock()
    {
        using (IPinFolder first = Pins.Create("first"))
        {
            first.Publish();
        }

        // As after a kill: a folder in the making that nobody holds a lock on, with a half-made pin.
        string left = _mount + "/groups/t_0_dead";
        Assert.Equal(0, Sys.mkdirat(left, BpffsDirectory.OwnerOnly));
        Assert.Equal(0, Bpf.BpfCall.Pin(Map(SockArray(1)).Fd, left + "/Tseats"));
        Assert.Equal(0, Bpf.BpfCall.Pin(Map(SockArray(1)).Fd, _mount + "/groups/g_first/Tstate"));
        Assert.Equal(["first"], Pins.List());
        using IPinFolder alive = Pins.Create("alive");
        using (Pins.Lock("first"))
        {
            Assert.False(Directory.Exists(left));
            Assert.Empty(BpffsDirectory.Names(_mount + "/groups/g_first"));
        }

        using IPinFolder next = Pins.Create("next"); // nor does the lock take the folder of the living for a leftover
        alive.Publish();
        next.Publish();
        Assert.Equal(["alive", "first", "next"], Pins.List());
    }

    [Theory]
    [InlineData("web")]
    [InlineData("web.example.com")]
    [InlineData("../../etc")]
    [InlineData("a/b")]
    [InlineData("Grün 100%")]
    [InlineData("..")]
    public void Any_name_comes_back_as_it_was_and_stays_in_its_place(string name)
    {
        using (IPinFolder folder = Pins.Create(name))
        {
            folder.Publish();
        }

        Assert.Equal([name], Pins.List());
        using (IPinFolder? found = Pins.Open(name))
        {
            Assert.NotNull(found);
        }

        Assert.Single(BpffsDirectory.Names(_mount + "/groups"));
        Pins.Remove(name);
        Assert.Empty(Pins.List());
    }

    [Fact]
    public void A_name_that_cannot_be_is_refused()
    {
        foreach (string name in (string[])["", new string('x', 201), new string('.', 67), "\ud800"])
        {
            Assert.Equal("RPS5084", Assert.Throws<BackendException>(() => Pins.Create(name)).Diagnostics[0].Code);
            Assert.Equal("RPS5084", Assert.Throws<BackendException>(() => Pins.Lock(name)).Diagnostics[0].Code);
        }

        using IPinFolder folder = Pins.Create("web");
        foreach (string name in (string[])["", "..", "a/b", "A", "a.b", new string('x', 41)])
        {
            Assert.Throws<ArgumentException>(() => folder.Pin(name, Map(SockArray(1))));
            Assert.Throws<ArgumentException>(() => folder.OpenMap(name));
            Assert.Throws<ArgumentException>(() => folder.Unpin(name));
        }
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Pins_are_for_their_owner_only()
    {
        using IPinFolder folder = Pins.Create("web");
        folder.Pin("seats", Map(SockArray(1)));
        folder.Publish();
        string path = _mount + "/groups/g_web";
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path + "/seats"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_lock_holds_others_off_until_it_is_let_go()
    {
        IDisposable held = Pins.Lock("web");
        using IDisposable unrelated = Pins.Lock("other");
        BackendException busy = Assert.Throws<BackendException>(() => Pins.Lock("web"));
        Assert.Equal((Errno.EBUSY, "RPS5083"), (busy.Errno, busy.Diagnostics[0].Code));
        Assert.Empty(Pins.List());

        Thread waiter = new(() => Pins.Lock("web").Dispose());
        waiter.Start();
        held.Dispose();
        held.Dispose();
        Assert.True(waiter.Join(TimeSpan.FromSeconds(10)));
        Pins.Lock("web").Dispose();
        Assert.Equal(["l_other"], BpffsDirectory.Names(_mount + "/groups"));
    }

    [Fact]
    public void Only_one_at_a_time_has_the_lock()
    {
        int inside = 0;
        int worst = 0;
        int entries = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                using (Pins.Lock("web"))
                {
                    worst = Math.Max(worst, Interlocked.Increment(ref inside));
                    Interlocked.Increment(ref entries);
                    Interlocked.Decrement(ref inside);
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal((1, 80), (worst, entries));
        Assert.Empty(BpffsDirectory.Names(_mount + "/groups"));
    }

    [Fact]
    public void A_directory_elsewhere_is_refused()
    {
        using LinuxBackend wrong = new(new LinuxBackendOptions { PinDirectory = "/tmp/reuseportps-none/groups" });
        Assert.Empty(wrong.Pins.List());
        Assert.Null(wrong.Pins.Open("web"));
        Assert.Equal("RPS5080", Assert.Throws<BackendException>(() => wrong.Pins.Create("web")).Diagnostics[0].Code);
        Assert.Equal("RPS5080", Assert.Throws<BackendException>(() => wrong.Pins.Lock("web")).Diagnostics[0].Code);
        Assert.Equal("RPS5080", Assert.Throws<BackendException>(() => new LinuxBackend(new LinuxBackendOptions { PinDirectory = "groups" })).Diagnostics[0].Code);
    }

    [Fact]
    public void A_missing_file_system_is_mounted_at_the_standard_place() => WithoutBpffs(() =>
    {
        bool mounted = false;
        BpffsStore pins = new("/sys/fs/bpf/reuseportps", () => mounted = true, lastingNamespace: "/proc/thread-self/ns/mnt");
        Assert.Empty(pins.List());
        Assert.False(mounted);
        using IPinFolder folder = pins.Create("web");
        Assert.True(mounted);
        folder.Publish();
        Assert.Equal(["web"], pins.List());
    });

    [Fact]
    public void It_is_mounted_where_process_1_hides_its_mount_namespace() => WithoutBpffs(() =>
    {
        bool mounted = false;
        new BpffsStore("/sys/fs/bpf/reuseportps", () => mounted = true, lastingNamespace: "/proc/0/ns/mnt").EnsureRoot();
        Assert.True(mounted);
    });

    [Fact]
    public void Nothing_is_mounted_that_ends_with_the_shell() => WithoutBpffs(() =>
    {
        // The rest of this process has stayed in the namespace that lasts.
        BpffsStore pins = new("/sys/fs/bpf/reuseportps", () => Assert.Fail("mounted"), lastingNamespace: "/proc/self/ns/mnt");
        foreach (Action action in (Action[])[() => pins.Create("web"), () => pins.Lock("web")])
        {
            BackendException refused = Assert.Throws<BackendException>(action);
            Assert.Equal((Errno.EPERM, "mount", "RPS5087"), (refused.Errno, refused.Operation, refused.Diagnostics[0].Code));
            Assert.Contains("nsenter --net=", refused.Diagnostics[0].Remedy, StringComparison.Ordinal);
            Assert.Contains("REUSEPORTPS_BPFFS", refused.Diagnostics[0].Remedy, StringComparison.Ordinal);
        }

        Assert.False(BpffsDirectory.IsBpffs("/sys/fs/bpf"));
    });

    // In a mount namespace of its own, so that the host's stays as it is.
    private static void WithoutBpffs(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                const int NewNs = 0x20000;
                const int Fs = 0x200;
                Assert.Equal(0, Sys.unshare(NewNs | Fs));
                Assert.Equal(0, Sys.mount("none", "/", "", 0x44000, "")); // MS_REC | MS_PRIVATE
                while (Sys.umount2("/sys/fs/bpf", Sys.MNT_DETACH) == 0)
                {
                }

                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
