using System.Collections.Immutable;
using System.Management.Automation;
using System.Net;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Test-ReuseportGroup: looks at groups, or at sockets that no group has yet, and says what is wrong, why it matters, and what to do.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ReuseportGroup", DefaultParameterSetName = ByGroup)]
[OutputType(typeof(ReuseportGroupTest), typeof(bool))]
public sealed class TestReuseportGroupCommand : BackendCmdlet
{
    private const string ByGroup = "Group";
    private const string ByPort = "Port";

    private bool _anyTested;
    private bool _allPassed = true;

    /// <summary>Names or wildcard patterns of groups; all groups by default.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByGroup)]
    [Alias("GroupName", "Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Group { get; set; } = ["*"];

    /// <summary>Local ports: tests the groups that have them, and the sockets there that no group has.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPort)]
    [ValidateRange(1, 65535)]
    public int[] Port { get; set; } = [];

    /// <summary>Tcp or Udp; both by default.</summary>
    [Parameter(ParameterSetName = ByPort)]
    public TransportProtocol? Protocol { get; set; }

    /// <summary>Local address, exactly as bound; all by default.</summary>
    [Parameter(ParameterSetName = ByPort)]
    public IPAddress? Address { get; set; }

    /// <summary>How long queues in which something waits are watched: 500ms (the default), 5s, or a number of seconds. A simulator sets its clock forward.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan SampleTime { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Answers with true when something was tested and all of it passed, false otherwise.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = Groups();
        if (ParameterSetName == ByPort)
        {
            foreach (int port in Port)
            {
                TestOrFail(port, () => TestPort(groups, port));
            }

            return;
        }

        foreach (string pattern in Group)
        {
            TestOrFail(pattern, () =>
            {
                foreach (string name in NamesLike(groups, pattern))
                {
                    TestOrFail(name, () => TestGroup(groups, name));
                }
            });
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Quiet)
        {
            WriteObject(_anyTested && _allPassed);
        }
    }

    private void TestGroup(GroupCatalog groups, string name)
    {
        using ManagedGroup? group = groups.Find(name);
        if (group is not null)
        {
            Write(new ReuseportGroupTest(name, groups.Backend.Info.Kind, string.Join(", ", group.KernelGroups), GroupDoctor.Examine(groups.Backend, group, SampleTime)));
        }
    }

    private void TestPort(GroupCatalog groups, int port)
    {
        bool isAny = false;
        HashSet<KernelGroupKey> taken = [];
        foreach (string name in groups.Names)
        {
            ImmutableArray<KernelGroupKey> keys = [];
            TestOrFail(name, () =>
            {
                using ManagedGroup? group = groups.Find(name);
                keys = group?.KernelGroups ?? [];
            });
            taken.UnionWith(keys);
            if (keys.Any(key => key.Port == port && (Protocol is null || Protocol == key.Protocol) && (Address is null || Address.Equals(key.Address))))
            {
                isAny = true;
                TestOrFail(name, () => TestGroup(groups, name));
            }
        }

        string end = $"{(Protocol is null ? "port" : Protocol == TransportProtocol.Tcp ? "tcp port" : "udp port")} {port}" + (Address is null ? "" : $" at {Address}");
        if (GroupDoctor.Examine(groups.Backend, null, Protocol, port, Address, taken, SampleTime) is { } health)
        {
            Write(new ReuseportGroupTest(null, groups.Backend.Info.Kind, end, health));
        }
        else if (!isAny)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NobodyListens, $"Nobody listens or is bound at {end}.", remedy: "Check port and address with Find-ReuseportSocket, and that this shell is in the server's network namespace."));
        }
    }

    private void Write(ReuseportGroupTest test)
    {
        _anyTested = true;
        _allPassed &= test.Passed;
        if (!Quiet)
        {
            WriteObject(test);
        }
    }

    /// <summary>What fails with an error has not passed.</summary>
    private void TestOrFail(object target, Action action) => Guard(target, () =>
    {
        bool isDone = false;
        try
        {
            action();
            isDone = true;
        }
        finally
        {
            _allPassed &= isDone;
        }
    });
}
