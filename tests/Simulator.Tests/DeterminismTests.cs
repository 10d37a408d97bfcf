using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Cpus;
using ReuseportPS.Simulator.Fidelity;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Randomness;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests;

/// <summary>The same seed gives the same bytes: twice in a process, and in two processes, whose hash codes of strings differ.</summary>
public sealed class DeterminismTests
{
    private const string StoryFile = "REUSEPORTPS_STORY_FILE";
    private static readonly string s_story = Story(5);

    [Fact]
    public void Twice_in_one_process() => Assert.Equal(s_story, Story(5));

    [Fact]
    public void Another_seed_is_another_story() => Assert.NotEqual(s_story, Story(6));

    [Fact]
    public async Task In_two_processes()
    {
        string file = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
            if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            {
                start.ArgumentList.Add(typeof(DeterminismTests).Assembly.Location);
            }

            start.ArgumentList.Add("-method");
            start.ArgumentList.Add($"*{nameof(DeterminismTests)}.{nameof(Writes_its_story)}");
            start.Environment[StoryFile] = file;
            using Process child = Process.Start(start)!;
            string output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(child.ExitCode == 0, output);
            Assert.Equal(s_story, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Writes_its_story()
    {
        string? file = Environment.GetEnvironmentVariable(StoryFile);
        Assert.SkipWhen(file is null, $"The other process of {nameof(In_two_processes)}.");
        File.WriteAllText(file, Story(5));
    }

    /// <summary>A preview with receive-side scaling, the packets of its trace, and the simulator's side of a fidelity trial.</summary>
    private static string Story(ulong seed)
    {
        StringBuilder text = new();
        GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = seed, Flows = 300 });
        using (IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            using IPacketReader reader = trace.Open();
            while (reader.TryRead(out Packet packet))
            {
                digest.AppendData(packet.Data.Span);
            }

            text.AppendLine(Convert.ToHexStringLower(digest.GetHashAndReset()));
        }

        SimulatorOptions host = new() { Seed = seed, PacketCpuSource = PacketCpuSource.Rss };
        SteeringPolicy policy = RandomPolicy.Create(new Xoshiro256(seed), 7, "random");
        text.AppendLine(new PolicyPreview(PolicyCompiler.Compile(policy, 7).Compiled!, host: host).Measure(trace).ToJson());
        using SimulatorBackend simulator = new(host);
        using SimulatorBackend other = new(host);
        text.AppendLine(new FidelityTrial(600, 6, seed, [0, 1, 2, 3]).Run(
            simulator, (SimulatedNamespace)simulator.CreateNamespace(), other, other.CreateNamespace(), () => (ulong)other.Nanoseconds, (_, _) => true).ToJson());
        return text.ToString();
    }
}
