using System.Globalization;
using CsCheck;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Tests.Policies;

namespace ReuseportPS.Linux.Tests.Policies;

/// <summary>What the compiler accepts, the kernel's verifier accepts.</summary>
public sealed class PolicyLoadTests
{
    private const int Count = 200;

    [Fact]
    public void Kernel_loads_random_policies_with_all_capabilities() => LoadAll(keepAllCapabilities: true);

    [Fact]
    public void Kernel_loads_random_policies_with_CAP_BPF_alone() => LoadAll(keepAllCapabilities: false);

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData(true)]
    [InlineData(false)]
    public void Kernel_loads_a_thousand_random_policies(bool keepAllCapabilities)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes a minute or two; set REUSEPORTPS_SOAK=1 to run it");
        LoadAll(keepAllCapabilities, 1000, Environment.GetEnvironmentVariable("REUSEPORTPS_SEED") ?? "0000KJ5Xu5H1");
    }

    [Fact]
    public void Kernel_loads_the_passing_program() => OnThread(keepAllCapabilities: false, static backend =>
    {
        using IBackendMap seats = backend.CreateMap(PassingProgram.Spec.Maps[0]);
        using IBackendProgram program = backend.LoadProgram(PassingProgram.Spec, [seats]);
        Assert.NotEqual(0u, program.Id);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kernel_loads_the_program_that_looks_at_a_deadline_with_CAP_BPF_alone(bool migrates) => OnThread(keepAllCapabilities: false, backend =>
    {
        using IBackendMap seats = backend.CreateMap(PassingProgram.Spec.Maps[0]);
        using IBackendMap deadline = backend.CreateMap(ConfirmProgram.DeadlineMap);
        using IBackendMap ways = backend.CreateMap(ConfirmProgram.WaysMap);
        using IBackendProgram program = backend.LoadProgram(ConfirmProgram.For(migrates), [seats, deadline, ways]);
        Assert.NotEqual(0u, program.Id);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kernel_loads_the_largest_policies(bool keepAllCapabilities) => OnThread(keepAllCapabilities, static backend =>
    {
        foreach (SteeringPolicy policy in LargePolicies.All)
        {
            Load(backend, PolicyCompiler.Compile(policy, 32768).Compiled!);
        }
    });

    private static void LoadAll(bool keepAllCapabilities, int count = Count, string? seed = null)
    {
        int loaded = 0;
        OnThread(keepAllCapabilities, backend => PolicyGen.Case.Sample(
            test =>
            {
                Load(backend, PolicyCompiler.Compile(test.Policy, test.SlotCount).Compiled!);
                loaded++;
            },
            seed: seed, iter: count, threads: 1, print: test => CasePrinter.Show(test.Policy, test.SlotCount)));
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{loaded} policies loaded, 0 refused; seed {seed ?? "random"}, {(keepAllCapabilities ? "all capabilities" : "CAP_BPF alone")}"));
        Assert.Equal(count, loaded);
    }

    private static void Load(LinuxBackend backend, CompiledPolicy policy)
    {
        List<IDisposable> open = [];
        try
        {
            List<IBackendMap> maps = [];
            foreach (Engine.Maps.MapSpec spec in policy.Program.Maps)
            {
                maps.Add(backend.CreateMap(spec));
                open.Add(maps[^1]);
            }

            Fill(policy.Maps.Tables, policy.Bank.Tables);
            Fill(policy.Maps.Lists, policy.Bank.Lists);
            open.Add(backend.LoadProgram(policy.Program, maps));

            void Fill(int outer, IReadOnlyList<Engine.Maps.MapSpec> inner)
            {
                for (int i = 0; i < inner.Count; i++)
                {
                    using IBackendMap map = backend.CreateMap(inner[i]);
                    maps[outer].UpdateMap((uint)i, map);
                }
            }
        }
        finally
        {
            open.ForEach(o => o.Dispose());
        }
    }

    private static void OnThread(bool keepAllCapabilities, Action<LinuxBackend> test)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Loading programs needs Linux.");
        Assert.SkipUnless(ThreadCapabilities.HasBpf(), "Loading programs needs CAP_BPF: run as root.");
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                if (!keepAllCapabilities)
                {
                    ThreadCapabilities.KeepOnlyBpf();
                }

                using LinuxBackend backend = new();
                test(backend);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            Assert.Fail(failure.ToString());
        }
    }
}
