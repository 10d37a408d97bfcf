using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.MapCases;

namespace ReuseportPS.Linux.Tests.Maps;

/// <summary>The recorded answers of map-cases.jsonl and map-traces.jsonl, asked of this kernel again; or, with REUSEPORTPS_RECORD, recorded from it.</summary>
public sealed class MapReplayTests : LinuxTest
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string? s_record = Environment.GetEnvironmentVariable("REUSEPORTPS_RECORD");

    private readonly ITestOutputHelper _output;

    public MapReplayTests(ITestOutputHelper output)
    {
        _output = output;
        SkipUnless(PossibleCpus.Count == MapCase.CpuCount, $"The answers are those of {MapCase.CpuCount} possible CPUs; here are {PossibleCpus.Count}.");
    }

    [Fact]
    public void Cases_are_answered_as_recorded()
    {
        int steps = Replay(MapCaseFiles.Cases, static line =>
        {
            MapCase map = MapCase.Read(line);
            Errno errno = KernelSubject.Create(map.Spec, map.Others, out KernelSubject? subject);
            JsonObject answered = line.DeepClone().AsObject();
            answered["create"] = $"{errno}";
            using (subject)
            {
                if (subject is not null)
                {
                    answered["steps"] = new JsonArray([.. map.Steps.Select(step => map.Perform(subject, step))]);
                }
            }

            return (answered, map.Steps.Count + 1);
        });
        _output.WriteLine($"{steps} operations");
        Assert.True(steps > 1000);
    }

    [Fact]
    public void Traces_are_answered_as_recorded()
    {
        int operations = Replay(MapCaseFiles.Traces, static line =>
        {
            MapTrace trace = MapTrace.Read(line);
            Assert.Equal((trace.Name, Errno.None), (trace.Name, KernelSubject.Create(trace.Spec, [], out KernelSubject? subject)));
            using (subject)
            {
                JsonObject answered = line.DeepClone().AsObject();
                answered["digests"] = new JsonArray([.. MapTrace.Digest(trace.Play(subject!)).Select(digest => JsonValue.Create(digest))]);
                return (answered, trace.Operations);
            }
        });
        _output.WriteLine($"{operations} operations");
        Assert.True(operations > 1000);
    }

    /// <summary>The recorded traces with other seeds, by the Engine and by the kernel side by side. The seed is in the message.</summary>
    [Fact]
    public void Fresh_traces_are_answered_alike()
    {
        ulong salt = ulong.TryParse(Environment.GetEnvironmentVariable("REUSEPORTPS_MAP_SEED"), out ulong given) ? given : (ulong)Random.Shared.NextInt64();
        long operations = 0;
        foreach (MapTrace recorded in MapCaseFiles.AllTraces())
        {
            MapTrace trace = recorded with { Seed = recorded.Seed + salt };
            KernelSubject.Create(trace.Spec, [], out KernelSubject? kernel);
            EngineMap.Create(trace.Spec, [], MapCase.CpuCount, out EngineMap? engine);
            using (kernel)
            {
                foreach ((string expected, string actual) in trace.Play(kernel!).Zip(trace.Play(engine!)))
                {
                    Assert.True(expected == actual, $"{trace.Name}, REUSEPORTPS_MAP_SEED={salt}\nkernel {expected}\nengine {actual}");
                    operations++;
                }
            }
        }

        _output.WriteLine($"{operations} operations with seed {salt}, 0 differences");
    }

    private static int Replay(string file, Func<JsonObject, (JsonObject Answered, int Operations)> ask)
    {
        List<string> lines = [];
        int operations = 0;
        foreach (JsonObject line in MapCaseFiles.Lines(file, s_record))
        {
            (JsonObject answered, int count) = ask(line);
            operations += count;
            lines.Add(answered.ToJsonString(s_plain));
            if (s_record is null)
            {
                Assert.Equal(line.ToJsonString(s_plain), lines[^1]);
            }
        }

        if (s_record is not null)
        {
            File.WriteAllLines(Path.Combine(s_record, file), lines);
        }

        return operations;
    }
}
