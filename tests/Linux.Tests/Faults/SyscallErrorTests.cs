using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>
/// Each system call of each command that changes a group is refused, with what the kernel may answer: the command does what it should all the same or says what is wrong and what to do, the server is served
/// on, the next shell does the command, and nothing of it is left.
/// </summary>
public sealed class SyscallErrorTests : FaultRig
{
    private const int Sample = 12; // of the ordinary run; the seed chooses which
    public static TheoryData<string> Cases => [.. FaultCase.All.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_call_that_is_refused_leaves_a_group_that_works(string name) => Run(FaultCase.Named(name), all: false, Number("REUSEPORTPS_SEED", 1));

    [Theory]
    [Trait("Category", "Soak")]
    [MemberData(nameof(Cases))]
    public void A_call_that_is_refused_in_any_way_leaves_a_group_that_works(string name)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        Run(FaultCase.Named(name), all: true, seed: 0);
    }

    private void Run(FaultCase fault, bool all, int seed)
    {
        int refused = 0;
        int injected = 0;
        bool isSetUp = false;
        List<string> failures = [];

        // In the ordinary run one shell has everything open that it opens once; closing is refused in the long one alone.
        using LinuxBackend shell = Open();
        GroupCommand.Run(shell, Namespace, Port, "new");
        GroupCommand.Run(shell, Namespace, Port, "remove");
        CountObjects();
        int step = all ? 1 : Math.Max(1, Count(fault, shell) / Sample);
        bool goesOn = true;
        for (int n = 1 + (seed % step); goesOn; n += step)
        {
            int answers = 1;
            for (int answer = 0; answer < answers && goesOn; answer++)
            {
                if (!isSetUp)
                {
                    SetUp(fault);
                    isSetUp = true;
                }

                using Refusal refusal = new(n, all ? answer : seed + n, skipsClose: !all);
                int known = failures.Count;
                string? message = null;
                string after = "";
                Check(failures, () =>
                {
                    try
                    {
                        try
                        {
                            if (all)
                            {
                                using LinuxBackend fresh = Open();
                                GroupCommand.Run(fresh, Namespace, Port, fault.Command);
                            }
                            else
                            {
                                GroupCommand.Run(shell, Namespace, Port, fault.Command);
                            }
                        }
                        finally
                        {
                            refusal.Dispose();
                            after = $"call {n} of '{fault.Command}': {refusal.Answered} of {refusal.Call}";
                        }
                    }
                    catch (DiagnosticException exception)
                    {
                        message = exception.Message;
                        RequireRemedy(exception, after);
                    }

                    RequireServed(fault.Before + fault.After, after);
                    _ = Look(after);
                    if (message is not null && !all && n % 16 != 0)
                    {
                        return; // it stays as it was set up, and the next refusal finds it so
                    }

                    RunAgain(fault, after);
                    RequireServed(fault.After, after);
                    CleanUp(after);
                    isSetUp = false;
                });
                (goesOn, answers) = (refusal.Answered is not null, all ? refusal.Choices : 1);
                isSetUp &= failures.Count == known;
                injected += goesOn ? 1 : 0;
                refused += message is null ? 0 : 1;
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {injected}:\n{string.Join('\n', failures)}");
        Assert.True(refused > injected / 5, $"only {refused} of {injected} refusals were told");
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault.Name}: {injected} refusals, {refused} told, seed {seed}");
    }

    /// <summary>The calls of the command when none is refused.</summary>
    private int Count(FaultCase fault, LinuxBackend shell)
    {
        SetUp(fault);
        using (Refusal none = new(int.MaxValue, 0, skipsClose: true))
        {
            GroupCommand.Run(shell, Namespace, Port, fault.Command);
            none.Dispose();
            CleanUp(fault.Name);
            return none.Calls;
        }
    }

    /// <summary>Refuses the n-th call.</summary>
    private sealed class Refusal : IDisposable
    {
        private readonly CallCounter _counter;
        public Refusal(int n, int choice, bool skipsClose)
        {
            _counter = new CallCounter(skipsClose);
            Sys.Gate = (call, first, second, make) =>
            {
                if (_counter.Next(call, first, second) != n)
                {
                    return make();
                }

                ImmutableArray<Errno> errors = SyscallErrors.Of(call, first);
                Answered = errors[choice % errors.Length];
                Choices = errors.Length;
                Call = call == Syscall.bpf ? ((BpfCommand)first).ToString() : call.ToString();
                Sys.Gate = null;
                if (call == Syscall.close)
                {
                    _ = Sys.Invoke(call, first); // an error of close says nothing about the descriptor, which is gone
                }

                return -(nint)(int)Answered;
            };
        }

        public int Calls => _counter.Count;

        public Errno? Answered { get; private set; }

        public int Choices { get; private set; } = 1;

        public string? Call { get; private set; }

        public void Dispose() => Sys.Gate = null;
    }
}
