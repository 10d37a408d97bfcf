using System.Text.Json.Nodes;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Tests.Maps;

/// <summary>The maps in memory against the kernel's recorded answers.</summary>
public class MapCaseTests
{
    public static TheoryData<string> Names() => [.. MapCase.All().Where(x => x.Steps.Count > 0).Select(x => x.Name)];

    [Fact]
    public void Creation_is_refused_as_by_the_kernel()
    {
        foreach (MapCase map in MapCase.All())
        {
            MapCreation creation = MapFactory.Create(map.Spec, MapCase.CpuCount);
            Assert.Equal((map.Name, map.Create), (map.Name, creation.Errno.ToString()));
            Assert.Equal(creation.Errno == Errno.None, creation.Map is not null);
            Assert.Equal(creation.Map is null, creation.Diagnostic is not null);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Operations_answer_as_the_kernel(string name)
    {
        MapCase @case = MapCase.All().Single(x => x.Name == name);
        BpfMap map = MapFactory.Create(@case.Spec, MapCase.CpuCount).Map!;
        BpfMap[] others = [.. @case.Others.Select(spec => MapFactory.Create(spec, MapCase.CpuCount).Map!)];
        for (int i = 0; i < @case.Steps.Count; i++)
        {
            string expected = @case.Steps[i].ToJsonString();
            string actual = Perform(map, others, @case.Steps[i]).ToJsonString();
            Assert.Equal($"step {i}: {expected}", $"step {i}: {actual}");
        }
    }

    // The step again, with our answers in place of the kernel's.
    private static JsonObject Perform(BpfMap map, BpfMap[] others, JsonObject step)
    {
        JsonObject answer = step.DeepClone().AsObject();
        byte[] key = Convert.FromHexString((string?)step["key"] ?? "");
        byte[] buffer = new byte[Math.Max(map.UserValueSize, map.Spec.KeySize)];
        MapUpdateFlags flags = (MapUpdateFlags)((ulong?)step["flags"] ?? 0);
        switch ((string)step["op"]!)
        {
            case "update":
                answer["errno"] = $"{map.Update(key, Convert.FromHexString((string)step["value"]!), flags)}";
                break;
            case "updatemap":
                int other = (int)step["map"]!;
                answer["errno"] = other >= 0 ? $"{((OuterMap)map).UpdateMap(key, others[other], flags)}" : $"{map.Update(key, new byte[4], flags)}";
                break;
            case "lookup":
                answer["errno"] = $"{map.Lookup(key, buffer, (ulong)flags)}";
                Replace(answer, "value", Convert.ToHexStringLower(buffer.AsSpan(0, map.UserValueSize)));
                break;
            case "delete":
                answer["errno"] = $"{map.Delete(key)}";
                break;
            case "next":
                answer["errno"] = $"{map.NextKey(key, buffer)}";
                Replace(answer, "next", Convert.ToHexStringLower(buffer.AsSpan(0, map.Spec.KeySize)));
                break;
            case "freeze":
                answer["errno"] = $"{map.Freeze()}";
                break;
            case "keys":
                List<string> keys = [];
                byte[] next = new byte[map.Spec.KeySize];
                for (byte[] last = []; map.NextKey(last, next) == Errno.None; last = [.. next])
                {
                    keys.Add(Convert.ToHexStringLower(next));
                }

                // The order in a hash is nobody's business.
                string[] expected = [.. ((JsonArray)step["keys"]!).Select(x => (string)x!)];
                bool sameSet = map.Spec.Type is MapType.Hash or MapType.PerCpuHash or MapType.HashOfMaps && keys.Order().SequenceEqual(expected.Order());
                answer["keys"] = new JsonArray([.. (sameSet ? expected : [.. keys]).Select(x => JsonValue.Create(x))]);
                break;
            default:
                throw new InvalidOperationException($"step {step["op"]}");
        }

        return answer;
    }

    private static void Replace(JsonObject answer, string name, string value)
    {
        if (answer.ContainsKey(name))
        {
            answer[name] = value;
        }
    }
}
