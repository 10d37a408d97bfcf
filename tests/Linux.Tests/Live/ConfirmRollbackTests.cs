namespace ReuseportPS.Linux.Tests.Live;

/// <summary>
/// A shell applies a policy that waits to be confirmed and is killed: the kernel returns to the policy before, with nobody there to do it, and not one datagram or connection is lost.
/// </summary>
public sealed class ConfirmRollbackTests : LinuxTest
{
    private const int Port = 18082;

    private readonly string _group = "confirm-" + Guid.NewGuid().ToString("N")[..8];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_kernel_returns_though_the_shell_was_killed_and_nothing_is_lost(bool hasPolicy)
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "former.yaml"), "version: 1\npolicy: former\notherwise: { by: slot, slot: 0 }");
        File.WriteAllText(Path.Combine(folder, "newer.yaml"), "version: 1\npolicy: newer\notherwise: { by: hash, to: [1] }");
        using ChildServer server = AnsweringServer.Start(Namespace, Port, sockets: 2, namesProcess: false);
        try
        {
            shell.Run([$"$null = New-ReuseportGroup {_group} -Port {Port}", hasPolicy ? $"Set-SteeringPolicy {_group} '{folder}/former.yaml'" : $"Get-ReuseportGroup {_group}"]);
            using AnsweredLoad load = new(Namespace, Port);
            load.Await(answer: null, 20);
            shell.RunAndBeKilled($"Set-SteeringPolicy {_group} '{folder}/newer.yaml' -ConfirmWithin 1500ms");

            // The newer policy sends all to the second socket; the former one to the first, and the kernel's choice to both.
            load.Await("1", 1);
            load.Await("0", 50);
            Assert.Empty(load.Failures);
            System.Text.Json.JsonElement applied = shell.Run($"$applied = Get-SteeringPolicy {_group}", $"$null = Restore-SteeringPolicy {_group}", "$applied");
            Assert.Equal("RolledBack", applied.GetProperty("State").GetString());
            Assert.Equal("policy 'newer'", applied.GetProperty("Alternative").GetString());
            Assert.Equal(hasPolicy ? "Policy" : "None", applied.GetProperty("Kind").GetString());
            load.Await(hasPolicy ? "0" : null, 20);
            Assert.Empty(load.Failures);
            TestContext.Current.TestOutputHelper?.WriteLine($"{load.Answers} answers, {load.Failures.Count} failures");
        }
        finally
        {
            shell.Run($"Remove-ReuseportGroup {_group} -Force -Confirm:$false");
            Directory.Delete(folder, recursive: true);
        }
    }
}
