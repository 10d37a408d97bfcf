using System.Diagnostics;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Pins;
using ReuseportPS.Linux.Tests.Live;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>
/// Shells that change a group without pause are killed at random moments, under load: every datagram and every connection is answered, the next shell goes on, and once the group is removed nothing of it is
/// left.
/// </summary>
public sealed class RandomKillTests : LinuxTest
{
    private const int Port = 18084;
    private const int Commands = 60;
    private const int Longest = 500; // milliseconds
    private const int Round = 10; // kills between removals

    private static readonly string[] s_commands =
        ["new", "set 0", "set 1", "set 10", "set 01", "weight 0 7", "weight 1 9", "member weight 0 5", "member weight 1 3", "member set 01", "set in", "member set out", "try 0", "try 10", "confirm", "return", "sync", "unset", "remove"];

    // What a command may not be told: that something of its own is foreign, damaged, out of reach or held by another. What else is refused makes no sense for the group as it is.
    private static readonly string[] s_wrong = [GroupCodes.ForeignProgram, GroupCodes.DamagedPins, GroupCodes.NoMember, GroupCodes.GroupExists, TrialCodes.Overtaken, "RPS50"];

    [Fact]
    public void Shells_that_are_killed_leave_a_group_that_works() => Run(kills: 4, Number("REUSEPORTPS_SEED", 1));

    [Fact]
    [Trait("Category", "Soak")]
    public void Shells_that_are_killed_leave_a_group_that_works_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes a quarter of an hour; set REUSEPORTPS_SOAK=1 to run it");
        Run(Number("REUSEPORTPS_KILLS", 500), Number("REUSEPORTPS_SEED", 2));
    }

    private void Run(int kills, int seed)
    {
        using PrivateBpffs bpffs = new();
        Assert.SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        string pins = bpffs.Path + "/groups";
        using ChildServer server = AnsweringServer.Start(Namespace, Port, sockets: 2, namesProcess: false);
        using LinuxBackend sane = new(new LinuxBackendOptions { PinDirectory = pins });
        GroupCommand.Run(sane, Namespace, Port, GroupCommand.New);
        GroupCommand.Run(sane, Namespace, Port, GroupCommand.Remove);
        HashSet<string> objects = BpfObjects.Read();
        using AnsweredLoad load = new(Namespace, Port);
        Random random = new(seed);
        int done = 0;
        int refused = 0;
        Stopwatch time = Stopwatch.StartNew();
        for (int kill = 1; kill <= kills; kill++)
        {
            string after = $"kill {kill} of seed {seed}";
            using (MortalProcess shell = MortalProcess.Start(Namespace, pins, Port))
            {
                // The first one is waited for: a shell that has just started takes its time.
                shell.Tell(0, GroupCommand.New);
                Check(shell.Answer()!);
                for (int command = 0; command < Commands; command++)
                {
                    shell.Tell(0, random.Next(4) == 0 ? GroupCommand.New : s_commands[random.Next(s_commands.Length)]);
                }

                Thread.Sleep(random.Next(Longest));
                shell.Die();
                while (shell.Answer() is string answer)
                {
                    Check(answer);
                }
            }

            GoOn(sane, s_commands[random.Next(s_commands.Length)], after);
            if (kill % Round == 0 || kill == kills)
            {
                GoOn(sane, GroupCommand.New, after);
                GoOn(sane, GroupCommand.Remove, after);
                Assert.Equal($"{after}: ", $"{after}: {string.Join(' ', BpffsDirectory.Names(pins))}");
                Assert.All(
                    sane.FindSockets(new SocketQuery(Port: Port, Namespace: Namespace)).Where(socket => !socket.IsConnected),
                    socket => Assert.Equal(AttachmentState.None, sane.InspectAttachment(socket).State));
                BpfObjects.RequireNoneSince(objects, after);
            }

            load.Await(answer: null, 2);
            Assert.Empty(load.Failures);

            void Check(string answer)
            {
                (done, refused) = answer.StartsWith("done", StringComparison.Ordinal) ? (done + 1, refused) : (done, refused + 1);
                Assert.False(Array.Exists(s_wrong, code => answer.Contains(code, StringComparison.Ordinal)), $"before {after}: {answer}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kills} kills, seed {seed}: {done} commands done, {refused} refused, {load.Answers} answers, {load.Failures.Count} lost, {time.Elapsed.TotalSeconds:F0} s");
    }

    /// <summary>The next shell's command: it is done, or makes no sense for the group that it finds.</summary>
    private void GoOn(LinuxBackend backend, string command, string after)
    {
        try
        {
            GroupCommand.Run(backend, Namespace, Port, command);
        }
        catch (DiagnosticException exception)
        {
            Diagnostic told = exception.Diagnostics[0];
            Assert.False(
                command == GroupCommand.New || Array.Exists(s_wrong, code => told.Code.StartsWith(code, StringComparison.Ordinal)) || string.IsNullOrEmpty(told.Remedy),
                $"{after}: '{command}' is refused: {exception.Message}");
        }
    }
}
