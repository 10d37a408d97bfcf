using System.Globalization;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>
/// SIGKILL at each system call of each command that changes a group: the server is served on, by the old policy or the new one, the group can be looked at, the next shell does the command, and once the
/// group is removed nothing of it is left.
/// </summary>
public sealed class SyscallDeathTests : FaultRig
{
    private const int Sample = 3;

    public static TheoryData<string> Cases => [.. FaultCase.All.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_shell_that_is_killed_at_a_call_leaves_a_group_that_works(string name)
    {
        int seed = Number("REUSEPORTPS_SEED", 1);
        FaultCase fault = FaultCase.Named(name);
        (_, int[] attaching, int[] changes) = Count(fault);
        Random random = new((seed * 100) + FaultCase.All.ToList().IndexOf(fault));

        // Right after a program is attached, and after some of the other calls that change something, where there is most to go wrong.
        Run(fault, [.. attaching.Take(Sample - 1).Concat(random.GetItems(changes, Sample)).Take(Sample).Select(call => call + 1)], $"seed {seed}");
    }

    [Theory]
    [Trait("Category", "Soak")]
    [MemberData(nameof(Cases))]
    public void A_shell_that_is_killed_at_any_call_leaves_a_group_that_works(string name)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_CASES")?.Split(',').Contains(name) != false, "is not among REUSEPORTPS_CASES");
        FaultCase fault = FaultCase.Named(name);
        int step = Number("REUSEPORTPS_STEP", 1);
        Run(fault, [.. Enumerable.Range(1, Count(fault).Calls).Where(call => call % step == 0)], $"every call of {step}");
    }

    /// <summary>The calls of the command when nothing happens to it, and which of them change something.</summary>
    private (int Calls, int[] Attaching, int[] Changes) Count(FaultCase fault)
    {
        SetUp(fault);
        using MortalProcess shell = MortalProcess.Start(Namespace, PinDirectory, Port);
        shell.Tell(0, fault.Command);
        string answer = shell.Answer()!;
        Assert.StartsWith("done after ", answer, StringComparison.Ordinal);
        shell.Die();
        RequireServed(fault.After, fault.Name);
        CleanUp(fault.Name);
        string[] words = answer.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int changes = Array.IndexOf(words, "changes");
        return (Parse(words[2]), [.. words[5..changes].Select(Parse)], [.. words[(changes + 1)..].Select(Parse)]);

        static int Parse(string word) => int.Parse(word, CultureInfo.InvariantCulture);
    }

    private void Run(FaultCase fault, int[] calls, string what)
    {
        int died = 0;
        List<string> failures = [];
        MortalProcess next = MortalProcess.Start(Namespace, PinDirectory, Port);
        try
        {
            foreach (int call in calls)
            {
                string after = $"killed at call {call} of '{fault.Command}' ({what})";
                Check(failures, () =>
                {
                    SetUp(fault);
                    using (MortalProcess shell = next)
                    {
                        // The next one starts while this one dies.
                        next = MortalProcess.Start(Namespace, PinDirectory, Port);
                        died += shell.Run(call, fault.Command) is null ? 1 : 0;
                    }

                    RequireServed(fault.Before + fault.After, after);
                    _ = Look(after);
                    RunAgain(fault, after);
                    RequireServed(fault.After, after);
                    CleanUp(after);
                });
            }
        }
        finally
        {
            next.Dispose();
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {calls.Length}:\n{string.Join('\n', failures)}");

        // Calls vary from run to run, with the processes of the machine.
        Assert.True(died * 4 >= calls.Length * 3 || died == Sample - 1, $"only {died} of {calls.Length} died");
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault.Name}: {died} deaths, {what}: {string.Join(' ', calls)}");
    }
}
