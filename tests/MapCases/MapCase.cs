using System.Globalization;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.MapCases;

/// <summary>
/// A line of map-cases.jsonl: a map, what BPF_MAP_CREATE said, and steps with what was said to each, as Linux 6.18 answered on a machine with two possible CPUs.
/// Steps of user space: update, lookup, take (lookup and delete), delete, next, freeze, consume; updatemap with one of the case's other maps (-1: none); keys lists
/// all, in the kernel's order with BPF_F_ZERO_SEED and else, for a hash, sorted. Steps of a program on a CPU: program with the name of the operation (<see cref="MapPrograms.Of"/>).
/// </summary>
/// <remarks>
/// The answers are the kernel's: with REUSEPORTPS_RECORD naming the folder of the files, the replay on the kernel (Linux.Tests, MapReplayTests) writes them, also to new
/// lines and steps that have none. Without it the replay compares.
/// </remarks>
internal sealed record MapCase(string Name, MapSpec Spec, string? Create, IReadOnlyList<MapSpec> Others, IReadOnlyList<JsonObject> Steps)
{
    /// <summary>Possible CPUs of the machine that answered.</summary>
    public const int CpuCount = 2;

    public static MapCase Read(JsonObject line) => new(
        (string)line["name"]!,
        ReadSpec(line["map"]!),
        (string?)line["create"],
        [.. (line["maps"] as JsonArray ?? []).Select(map => ReadSpec(map!))],
        [.. (line["steps"] as JsonArray ?? []).Select(step => step!.AsObject())]);

    public static MapSpec ReadSpec(JsonNode map) => new(
        "case", Enum.Parse<MapType>((string)map["type"]!), (int)map["key"]!, (int)map["value"]!, (int)map["max"]!, (MapFlags)((int?)map["flags"] ?? 0))
    {
        Inner = map["inner"] is JsonNode inner ? ReadSpec(inner) : null,
        Extra = (ulong?)map["extra"] ?? 0,
        SpinLockOffset = (int?)map["lock"],
    };

    // A lookup in these gives an id, which is another each time.
    private bool IsOfIds => Spec.Type is MapType.ArrayOfMaps or MapType.HashOfMaps or MapType.ProgArray;

    /// <summary>Does a step, and gives it back with the answer.</summary>
    public JsonObject Perform(IMapSubject subject, JsonObject step)
    {
        JsonObject answer = step.DeepClone().AsObject();
        byte[] key = Convert.FromHexString((string?)step["key"] ?? "");
        ulong flags = (ulong?)step["flags"] ?? 0;
        subject.RunOn((int?)step["cpu"] ?? 0);
        switch ((string)step["op"]!)
        {
            case "update":
                Answer(answer, subject.Update(key, Convert.FromHexString((string)step["value"]!), flags));
                break;
            case "updatemap":
                Answer(answer, subject.UpdateMap(key, (int)step["map"]!, flags));
                break;
            case "lookup":
                byte[] found = Buffer(step, subject.UserValueSize);
                Answer(answer, subject.Lookup(key, found, flags), IsOfIds ? null : "value", found);
                break;
            case "take":
                byte[] taken = Buffer(step, subject.UserValueSize);
                Answer(answer, subject.LookupAndDelete(key, taken, flags), "value", taken);
                break;
            case "delete":
                Answer(answer, subject.Delete(key));
                break;
            case "next":
                byte[] next = new byte[Spec.KeySize];
                Answer(answer, subject.NextKey(key, next), "next", next);
                break;
            case "freeze":
                Answer(answer, subject.Freeze());
                break;
            case "consume":
                answer["record"] = subject.Consume() is byte[] record ? Convert.ToHexStringLower(record) : null;
                break;
            case "keys":
                answer["keys"] = new JsonArray([.. Keys(subject).Select(x => JsonValue.Create(x))]);
                break;
            case "program":
                RunProgram(subject, step, answer);
                break;
            default:
                throw new InvalidOperationException($"step {step["op"]}");
        }

        return answer;
    }

    /// <summary>The keys of a map, as hexadecimal text.</summary>
    public IReadOnlyList<string> Keys(IMapSubject subject)
    {
        List<string> keys = [];
        byte[] next = new byte[Spec.KeySize];
        for (byte[] last = []; subject.NextKey(last, next) == Errno.None; last = [.. next])
        {
            keys.Add(Convert.ToHexStringLower(next));
        }

        bool isHash = Spec.Type is MapType.Hash or MapType.PerCpuHash or MapType.HashOfMaps or MapType.LruHash or MapType.LruPerCpuHash;
        if (isHash && !Spec.Flags.HasFlag(MapFlags.ZeroSeed))
        {
            keys.Sort(StringComparer.Ordinal);
        }

        return keys;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({Steps.Count} steps)");

    private void RunProgram(IMapSubject subject, JsonObject step, JsonObject answer)
    {
        string operation = (string)step["do"]!;
        byte[] given = Convert.FromHexString((string?)step["value"] ?? "");
        MapArguments arguments = new();
        arguments.Set(Convert.FromHexString((string?)step["key"] ?? ""), given, (ulong?)step["flags"] ?? 0, (int?)step["of"] ?? 0);
        subject.Run(MapPrograms.Of(operation, Spec, (int?)step["size"] ?? 0), arguments.Bytes);
        answer["result"] = (long)arguments.Result;
        answer.Remove("given");
        if (operation is "dynsubmit" or "dyndiscard")
        {
            answer["given"] = Convert.ToHexStringLower(arguments.Given(sizeof(ulong)));
        }
        else if (operation is "lookup" or "lookupcpu" or "pop" or "peek" && Spec.Type != MapType.BloomFilter)
        {
            answer["given"] = Convert.ToHexStringLower(arguments.Given(Spec.ValueSize));
        }
    }

    // Of a Bloom filter, a lookup is given the value that is asked for.
    private static byte[] Buffer(JsonObject step, int size) => step["ask"] is JsonNode asked ? Convert.FromHexString((string)asked!) : new byte[size];

    private static void Answer(JsonObject answer, Errno errno, string? name = null, byte[]? bytes = null)
    {
        answer["errno"] = $"{errno}";
        if (name is null)
        {
            return;
        }

        answer.Remove(name);
        if (errno == Errno.None)
        {
            answer[name] = Convert.ToHexStringLower(bytes!);
        }
    }
}
