using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Linux.Units;

namespace ReuseportPS.Linux.Tests;

/// <summary>Processes of systemd units.</summary>
public sealed class UnitTests
{
    private const string NamedHierarchy = "/sys/fs/cgroup/systemd";

    [Theory]
    [InlineData("nginx", "nginx.service")]
    [InlineData("nginx.service", "nginx.service")]
    [InlineData("haproxy@a\\x2db.service", "haproxy@a\\x2db.service")]
    [InlineData("web.slice", "web.slice")]
    [InlineData("", null)]
    [InlineData(".service", null)]
    [InlineData("nginx.", null)]
    [InlineData("../../etc", null)]
    [InlineData("ng inx", null)]
    [InlineData("nginx*", null)]
    [InlineData("nginx\n.service", null)]
    [InlineData("\u001b[31m", null)]
    public void A_name_is_read_as_systemctl_does(string name, string? unit) => Assert.Equal(unit, ControlGroupUnit.Parse(name));

    [Fact]
    public void A_name_is_no_longer_than_a_file_s()
    {
        Assert.NotNull(ControlGroupUnit.Parse(new string('a', 247)));
        Assert.Null(ControlGroupUnit.Parse(new string('a', 248)));
    }

    [Theory]
    [InlineData("0::/system.slice/nginx.service", true)]
    [InlineData("0::/system.slice/nginx.service/workers/deep", true)]
    [InlineData("0::/web.slice/web-front.slice/nginx.service", true)]
    [InlineData("0::/nginx.service", true)]
    [InlineData("0::/system.slice/_nginx.service", true)]
    [InlineData("3:cpu,cpuacct:/|1:name=systemd:/system.slice/nginx.service|0::/system.slice/nginx.service", true)]
    [InlineData("1:name=systemd:/system.slice/nginx.service|0::/", true)]
    [InlineData("1:name=systemd:/system.slice/ssh.service|0::/system.slice/nginx.service", false)]
    [InlineData("5:cpu:/system.slice/nginx.service|0::/", false)]
    [InlineData("0::/system.slice/nginx.service (deleted)", false)]
    [InlineData("0::/system.slice/nginx.service2", false)]
    [InlineData("0::/system.slice/my-nginx.service", false)]
    [InlineData("0::/system.slice/NGINX.service", false)]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/nginx.service", false)]
    [InlineData("0::/user.slice/user-1000.slice/session-1.scope/system.slice/nginx.service", false)]
    [InlineData("0::/system.slice/docker-0123.scope/system.slice/nginx.service", false)]
    [InlineData("0::/../system.slice/nginx.service", false)]
    [InlineData("0::/a:b/nginx.service", false)]
    [InlineData("0::", false)]
    [InlineData("0:", false)]
    [InlineData("nginx.service", false)]
    [InlineData("", false)]
    public void A_process_is_in_the_unit_that_the_system_s_manager_put_it_in(string lines, bool isIn) =>
        Assert.Equal(isIn, ControlGroupUnit.Contains(lines.Split('|'), "nginx.service"));

    [Theory]
    [InlineData("web.slice", true)]
    [InlineData("web-front.slice", true)]
    [InlineData("front.slice", false)]
    [InlineData("inner.slice", false)]
    public void A_process_is_in_every_slice_above_its_unit(string slice, bool isIn) =>
        Assert.Equal(isIn, ControlGroupUnit.Contains(["0::/web.slice/web-front.slice/nginx.service/inner.slice"], slice));

    [Fact]
    public void Processes_of_a_real_control_group_are_found()
    {
        bool isNamed = Directory.Exists(NamedHierarchy);
        string root = isNamed ? NamedHierarchy : "/sys/fs/cgroup";
        string slice = Path.Combine(root, "reuseportpstest.slice");
        string unit = Path.Combine(slice, "reuseportpstest.service");
        string inner = Path.Combine(unit, "workers");
        try
        {
            Directory.CreateDirectory(inner);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"Needs control groups that can be made: {exception.Message}");
        }

        using System.Diagnostics.Process one = System.Diagnostics.Process.Start("sleep", "600");
        using System.Diagnostics.Process two = System.Diagnostics.Process.Start("sleep", "600");
        using System.Diagnostics.Process other = System.Diagnostics.Process.Start("sleep", "600");
        try
        {
            Assert.Equal("RPS5404", Assert.Throws<BackendException>(() => UnitProcesses.Find("reuseportpstest")).Diagnostics[0].Code);
            File.WriteAllText(unit + "/cgroup.procs", one.Id.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(inner + "/cgroup.procs", two.Id.ToString(CultureInfo.InvariantCulture));
            int[] both = [.. new[] { one.Id, two.Id }.Order()];
            Assert.Equal(both, UnitProcesses.Find("reuseportpstest"));
            Assert.Equal(both, UnitProcesses.Find("reuseportpstest.slice"));
        }
        finally
        {
            foreach (System.Diagnostics.Process process in (System.Diagnostics.Process[])[one, two, other])
            {
                process.Kill();
                process.WaitForExit();
            }

            // A control group that a process has just left is busy for a moment.
            foreach (string group in (string[])[inner, unit, slice])
            {
                Assert.True(SpinWait.SpinUntil(() => TryRemove(group), TimeSpan.FromSeconds(5)), group);
            }
        }
    }

    [Fact]
    public void What_is_no_name_is_refused() =>
        Assert.Equal("RPS5405", Assert.Throws<BackendException>(() => UnitProcesses.Find("a b")).Diagnostics[0].Code);

    private static bool TryRemove(string directory)
    {
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
