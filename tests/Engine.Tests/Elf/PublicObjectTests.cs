using System.Text.Json.Nodes;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Tests.Elf;

/// <summary>The shared objects give what libbpf and the kernel made of them (manifest.json).</summary>
public sealed class PublicObjectTests
{
    [Fact]
    public void Every_object_with_types_gives_the_programs_and_maps_of_the_manifest()
    {
        int loaded = 0;
        foreach (JsonObject entry in Manifest())
        {
            string path = (string)entry["object"]!;
            ElfObject read = Read(path);
            Assert.True(read.Succeeded, $"{path}: {string.Join('\n', read.Diagnostics)}");
            Assert.Empty(read.Diagnostics);
            Assert.Equal(ElfByteOrder.LittleEndian, read.ByteOrder);
            Assert.Equal("GPL", read.License);
            JsonArray programs = entry["programs"]!.AsArray();
            Assert.Equal(programs.Select(program => (string)program!["name"]!), read.Programs.Select(program => program.Name));
            for (int i = 0; i < programs.Count; i++)
            {
                Assert.Equal("sk_reuseport", (string)programs[i]!["type"]!);
                Assert.Equal(Engine.Programs.ProgramType.SkReuseport, read.Programs[i].Spec.Type);
                Assert.Equal(
                    programs[i]!["maps"]!.AsArray().Select(map => Describe(map!)).Order(StringComparer.Ordinal),
                    read.Programs[i].Spec.Maps.Select(Describe).Order(StringComparer.Ordinal));
                Assert.NotEmpty(read.Programs[i].Spec.Btf!.Lines);
            }

            loaded++;
        }

        Assert.Equal(48, loaded);
    }

    [Fact]
    public void Objects_without_types_are_refused_with_the_remedy()
    {
        foreach (JsonObject entry in Entries().Where(entry => (string)entry["variant"]! == "nobtf"))
        {
            ElfObject read = Read((string)entry["object"]!);
            Assert.Empty(read.Programs);
            Assert.Equal("RPS2010", Assert.Single(read.Diagnostics).Code);
            Assert.Contains("-g", read.Diagnostics[0].Remedy!, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<JsonObject> Entries() =>
        JsonNode.Parse(File.ReadAllText(TestData.SharedCorpus("objects/public/manifest.json")))!.AsArray().Select(entry => entry!.AsObject());

    private static IEnumerable<JsonObject> Manifest() => Entries().Where(entry => (string?)entry["libbpf_load"] == "ok");

    private static ElfObject Read(string path) => ElfObject.Read(File.ReadAllBytes(TestData.SharedCorpus("objects/" + path)), path);

    private static string Describe(JsonNode map) =>
        $"{map["name"]} {((string)map["type"]!).Replace("_", "", StringComparison.Ordinal)} {map["flags"]} {map["bytes_key"]} {map["bytes_value"]} {map["max_entries"]}".ToUpperInvariant();

    private static string Describe(MapSpec map) => $"{map.Name} {map.Type} {(int)map.Flags} {map.KeySize} {map.ValueSize} {map.MaxEntries}".ToUpperInvariant();
}
