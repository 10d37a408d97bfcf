using System.Text.Json.Nodes;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.MapCases;

namespace ReuseportPS.Engine.Tests.Maps;

/// <summary>The maps in memory against the kernel's recorded answers. The same on the kernel itself: Linux.Tests, MapReplayTests.</summary>
public class MapCaseTests
{
    private static readonly IReadOnlyList<MapCase> s_cases = MapCaseFiles.AllCases();
    private static readonly IReadOnlyList<MapTrace> s_traces = MapCaseFiles.AllTraces();

    public static TheoryData<string> Cases() => [.. s_cases.Where(x => x.Steps.Count > 0).Select(x => x.Name)];

    public static TheoryData<string> Traces() => [.. s_traces.Select(x => x.Name)];

    [Fact]
    public void Creation_is_refused_as_by_the_kernel()
    {
        foreach (MapCase map in s_cases)
        {
            MapCreation creation = MapFactory.Create(map.Spec, MapCase.CpuCount);
            Assert.Equal((map.Name, map.Create), (map.Name, creation.Errno.ToString()));
            Assert.Equal(creation.Errno == Errno.None, creation.Map is not null);
            Assert.Equal(creation.Map is null, creation.Diagnostic is not null);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Operations_answer_as_the_kernel(string name)
    {
        MapCase map = s_cases.Single(x => x.Name == name);
        Assert.Equal(Errno.None, EngineMap.Create(map.Spec, map.Others, MapCase.CpuCount, out EngineMap? subject));
        for (int i = 0; i < map.Steps.Count; i++)
        {
            JsonObject actual = map.Perform(subject!, map.Steps[i]);
            Assert.Equal($"step {i}: {map.Steps[i].ToJsonString()}", $"step {i}: {actual.ToJsonString()}");
        }
    }

    /// <summary>Thousands of operations; where a digest differs, the live comparison in Linux.Tests tells which operation it was.</summary>
    [Theory]
    [MemberData(nameof(Traces))]
    public void Traces_answer_as_the_kernel(string name)
    {
        MapTrace trace = s_traces.Single(x => x.Name == name);
        EngineMap.Create(trace.Spec, [], MapCase.CpuCount, out EngineMap? subject);
        Assert.Equal(trace.Digests, MapTrace.Digest(trace.Play(subject!)));
        Assert.Equal(trace.Operations / MapTrace.Every, trace.Digests.Count);
    }
}
