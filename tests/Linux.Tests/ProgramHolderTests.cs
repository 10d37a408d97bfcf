using System.Diagnostics;
using System.Globalization;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests;

/// <summary>A program of this project that somebody else has still is not taken for one that has lost its pins.</summary>
public sealed class ProgramHolderTests : LinuxTest
{
    private const string Name = "web";
    private const int Port = 4711;
    private const int SetDescriptorFlags = 2; // F_SETFD

    private readonly string _mount;

    public ProgramHolderTests()
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        _mount = bpffs.Path;
    }

    [Fact]
    public void A_group_in_another_pin_directory_is_named_and_left_to_it()
    {
        _ = Member(TransportProtocol.Udp, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}"));
        Catalog("here").Adopt(Adoption).Dispose();

        Diagnostic refused = Refused(recover: true);
        Assert.Equal(GroupCodes.ForeignProgram, refused.Code);
        Assert.Contains($"pin {_mount}/here/g_{Name}/prog0-0 holds it", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{_mount}/there/g_{Name}"));

        Catalog("here").Backend.Pins.Remove(Name);
        Assert.Equal(GroupCodes.LostPins, Refused(recover: false).Code);
        Catalog("there").Adopt(Adoption with { Recover = true }).Dispose();
    }

    [Fact]
    public void A_process_that_holds_it_is_named()
    {
        _ = Member(TransportProtocol.Udp, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}"));
        GroupCatalog here = Catalog("here");
        uint id;
        using (ManagedGroup group = here.Adopt(Adoption))
        {
            id = group.ProgramIds[0];
        }

        here.Backend.Pins.Remove(Name);
        Process holder;
        using (LinuxProgram program = (LinuxProgram)Backend.OpenProgram(id)!)
        {
            // Open across exec, and so the child's.
            Assert.True(Sys.fcntl(program.Fd, SetDescriptorFlags, 0) >= 0);
            holder = Process.Start("sleep", "60");
        }

        using (holder)
        {
            try
            {
                Diagnostic refused = Refused(recover: true);
                Assert.Equal(GroupCodes.ForeignProgram, refused.Code);
                Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"process {holder.Id} ("), refused.Message, StringComparison.Ordinal);
            }
            finally
            {
                holder.Kill();
                holder.WaitForExit();
            }
        }

        here.Adopt(Adoption with { Recover = true }).Dispose();
    }

    private GroupAdoptRequest Adoption => new(Name, TransportProtocol.Udp, Port, null, [], Namespace);

    private Diagnostic Refused(bool recover) => Assert.ThrowsAny<DiagnosticException>(() => Catalog("there").Adopt(Adoption with { Recover = recover })).Diagnostics[0];

    private GroupCatalog Catalog(string folder) =>
        Own(new GroupCatalog(Own(new LinuxBackend(new LinuxBackendOptions { PinDirectory = $"{_mount}/{folder}" })), new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!)));
}
