using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A server in a network namespace of its own, as in a container, is adopted and steered from the host's: entering its namespace, and without CAP_SYS_ADMIN through /proc.</summary>
public sealed class NamespaceAdoptionTests : LinuxTest
{
    private const int Workers = 3;
    private const string Name = "contained";

    private static readonly int[] s_withoutAdmin = [CapabilityThread.Bpf, CapabilityThread.SysPtrace, CapabilityThread.DacReadSearch, CapabilityThread.NetAdmin];

    private readonly LinuxBackendOptions _options;

    public NamespaceAdoptionTests()
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        _options = new LinuxBackendOptions { PinDirectory = bpffs.Path + "/groups" };
    }

    public static TheoryData<string> Sights => ["everything", "no setns", "no setns, no inspection"];

    [Theory]
    [MemberData(nameof(Sights))]
    public void A_group_in_another_namespace_is_adopted_pinned_synchronized_drained_and_removed(string sight)
    {
        using ChildServer nginx = StartNginx(Namespace);
        As(sight, (backend, groups) =>
        {
            using ManagedGroup group = groups.Adopt(Request(nginx.ProcessId, sight));
            Assert.Equal(Namespace.Id, group.Place.Id);
            Assert.Equal(sight == "everything", group.Place is LinuxNamespace);
            Assert.Equal(Workers, group.ReadSlots().Count(slot => slot.Seats[0].Cookie != 0));
        });
        HashSet<string> workers = [];
        for (int slot = 0; slot < Workers; slot++)
        {
            // A shell for each: all that it knows of the group comes from the pins.
            As(sight, (_, groups) => Apply(groups, $"by: slot, slot: {slot}", sight));
            Assert.True(workers.Add(Assert.Single(Enumerable.Range(0, 20).Select(_ => Get()).Distinct())), $"slot {slot} is the worker of another slot");
        }

        As(sight, (backend, groups) =>
        {
            using ManagedGroup group = Find(groups);
            group.Apply(Policy("by: hash"), force: NeedsForce(sight));
            GroupSynchronization nothing = group.Synchronize(force: NeedsForce(sight));
            Assert.Empty(nothing.Seated);
            Assert.Empty(nothing.Attached);
            DrainStatus drained = group.WatchDrain([0], includesEstablished: true).Look();
            Assert.Equal(0, drained.Queued);
            Assert.NotNull(drained.HalfOpen);
            Assert.NotNull(drained.Migrated);
            GroupHealth health = GroupDoctor.Examine(backend, group, TimeSpan.FromMilliseconds(20));
            Assert.Equal(sight == "everything", health.Findings.All(finding => finding.Code != "RPS5366"));
            Assert.Equal(sight != "everything", health.Findings.Any(finding => finding.Evidence.Contains("may not be entered", StringComparison.Ordinal)));
            Assert.DoesNotContain(health.Findings, finding => finding.Code != "RPS5366" && finding.Severity == DiagnosticSeverity.Error);
        });
        As(sight, (backend, groups) =>
        {
            groups.Remove(Name, force: NeedsForce(sight));
            Assert.Empty(backend.Pins.List());
        });
        Assert.All(Backend.FindSockets(Members()), member => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(member).State));
    }

    [Theory]
    [MemberData(nameof(Sights))]
    public void After_a_restart_of_the_container_the_group_is_adopted_again_and_nobody_else_is_taken_for_it(string sight)
    {
        LinuxNamespace first = (LinuxNamespace)Backend.CreateNamespace();
        using (ChildServer nginx = StartNginx(first))
        {
            As(sight, (_, groups) =>
            {
                groups.Adopt(Request(nginx.ProcessId, sight)).Dispose();
                Apply(groups, "by: slot, slot: 1", sight);
            });
        }

        first.Dispose();
        Assert.True(SpinWait.SpinUntil(IsEmpty, TimeSpan.FromSeconds(10)));
        As(sight, (_, groups) =>
        {
            using ManagedGroup group = Find(groups);
            Assert.Equal(GroupCodes.NamespaceEnded, CodeOf(() => group.Synchronize(force: NeedsForce(sight))));
        });

        // Another container: the kernel likes to give it the number of the one before.
        LinuxNamespace next = NamespaceWithNumber(first.Id);
        using ChildServer second = StartNginx(next);
        As(sight, (backend, groups) =>
        {
            using (ManagedGroup group = Find(groups))
            {
                string code = CodeOf(() => group.Synchronize(force: NeedsForce(sight)));
                Assert.Equal(next.Id == first.Id ? GroupCodes.OtherNamespace : GroupCodes.NamespaceEnded, code);
                Assert.All(group.ReadSlots(), slot => Assert.Equal(0UL, slot.Seats[0].Cookie));
                Assert.NotNull(group.Policy);
            }

            groups.Remove(Name, force: NeedsForce(sight));
            groups.Adopt(Request(second.ProcessId, sight)).Dispose();
            Apply(groups, "by: slot, slot: 1", sight);
        });
        Assert.Single(Enumerable.Range(0, 20).Select(_ => Get(next)).Distinct());
        As(sight, (_, groups) => groups.Remove(Name, force: NeedsForce(sight)));

        bool IsEmpty()
        {
            using LinuxBackend backend = new(_options);
            using GroupCatalog groups = Catalog(backend);
            using ManagedGroup group = Find(groups);
            return group.ReadSlots().All(slot => slot.Seats[0].Cookie == 0);
        }
    }

    [Fact]
    public void Newcomers_of_another_namespace_with_the_same_number_get_no_seat()
    {
        _ = Group(TransportProtocol.Tcp, "127.0.0.1:8080", 2);
        Namespace.Run(() =>
        {
            using LinuxBackend backend = new(_options);
            FaultyBackend shifted = new(backend);
            using GroupCatalog groups = new(shifted, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
            groups.Adopt(new GroupAdoptRequest(Name, TransportProtocol.Tcp, 8080, null, [])).Dispose();
            return true;
        });
        _ = Member(TransportProtocol.Tcp, "127.0.0.1:8080");
        Namespace.Run(() =>
        {
            using LinuxBackend backend = new(_options);
            FaultyBackend shifted = new(backend) { NamespaceShift = 1 };
            using GroupCatalog groups = new(shifted, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
            using (ManagedGroup group = Find(groups))
            {
                Assert.Equal(GroupCodes.OtherNamespace, CodeOf(() => group.Synchronize()));
                Assert.Equal(2, group.ReadSlots().Count(slot => slot.Seats[0].Cookie != 0));
                shifted.NamespaceShift = 0;
                Assert.Single(group.Synchronize().Seated);
            }

            groups.Remove(Name);
            return true;
        });
    }

    [Fact]
    public void Processes_in_several_namespaces_are_no_group_and_nothing_stays()
    {
        LinuxNamespace other = (LinuxNamespace)Own(Backend.CreateNamespace());
        using ChildServer one = StartNginx(Namespace);
        using ChildServer two = StartNginx(other);
        As("everything", (backend, groups) =>
        {
            DiagnosticException refused = Assert.Throws<DiagnosticException>(() => groups.Adopt(Request(one.ProcessId, "everything") with { ProcessIds = [one.ProcessId, two.ProcessId] }));
            Assert.Equal(GroupCodes.SeveralNamespaces, refused.Diagnostics[0].Code);
            Assert.Contains(Namespace.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
            Assert.Empty(backend.Pins.List());
        });
    }

    [Fact]
    public void A_port_alone_is_one_of_this_namespace_and_the_refusal_names_the_process_elsewhere()
    {
        using ChildServer nginx = StartNginx(Namespace);
        As("everything", (_, groups) =>
        {
            DiagnosticException refused = Assert.Throws<DiagnosticException>(() => groups.Adopt(new GroupAdoptRequest(Name, TransportProtocol.Tcp, ChildServer.Port, null, [])));
            Assert.Equal(GroupCodes.NobodyListens, refused.Diagnostics[0].Code);
            Assert.Contains($"Get-Process -Id {nginx.ProcessId} | New-ReuseportGroup {Name} -Port {ChildServer.Port}", refused.Diagnostics[0].Remedy, StringComparison.Ordinal);
        });
    }

    private static bool NeedsForce(string sight) => sight == "no setns, no inspection";

    private static GroupAdoptRequest Request(int processId, string sight) => new(Name, TransportProtocol.Tcp, ChildServer.Port, null, [processId], Force: NeedsForce(sight));

    private static ManagedGroup Find(GroupCatalog groups) => groups.Find(Name)!;

    private static void Apply(GroupCatalog groups, string otherwise, string sight)
    {
        using ManagedGroup group = Find(groups);
        group.Apply(Policy(otherwise), force: NeedsForce(sight));
    }

    private static string CodeOf(Action action) => Assert.Throws<DiagnosticException>(action).Diagnostics[0].Code;

    private static GroupCatalog Catalog(LinuxBackend backend) => new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));

    private static SteeringPolicy Policy(string otherwise) => PolicyYaml.Read($"version: 1\npolicy: test\notherwise: {{ {otherwise} }}").Policy!;

    private SocketQuery Members() => new(TransportProtocol.Tcp, ChildServer.Port, Namespace: Namespace);

    /// <summary>A shell in the host's namespace that may do so much.</summary>
    private void As(string sight, Action<LinuxBackend, GroupCatalog> action)
    {
        if (sight == "everything")
        {
            Shell();
        }
        else
        {
            CapabilityThread.Run(sight == "no setns" ? [.. s_withoutAdmin, CapabilityThread.Perfmon] : s_withoutAdmin, user: 0, group: null, Shell);
        }

        void Shell()
        {
            using LinuxBackend backend = new(_options);
            using GroupCatalog groups = Catalog(backend);
            action(backend, groups);
        }
    }

    private ChildServer StartNginx(LinuxNamespace place)
    {
        ChildServer nginx = ChildServer.StartNginx(place, Workers);
        Assert.True(SpinWait.SpinUntil(
            () => Backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, ChildServer.Port, Namespace: place)) is { Count: Workers } found && found.All(member => member.Owners.Length > Workers),
            TimeSpan.FromSeconds(20)));
        return nginx;
    }

    /// <summary>A namespace with the number of one that is gone, unless somebody else got it.</summary>
    private LinuxNamespace NamespaceWithNumber(ulong id)
    {
        // The kernel takes a namespace down a while after its last process and descriptor.
        LinuxNamespace made = (LinuxNamespace)Own(Backend.CreateNamespace());
        for (int attempt = 0; made.Id != id && attempt < 5; attempt++)
        {
            made = (LinuxNamespace)Own(Backend.CreateNamespace());
        }

        return made;
    }

    private string Get(LinuxNamespace? place = null) => ChildServer.Get(Backend, place ?? Namespace);
}
