using System.Text.Json.Nodes;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Elf;

namespace ReuseportPS.Engine.Tests.Elf;

/// <summary>The objects of this repository, made by objects/build.sh, and the shared ones.</summary>
internal static class ObjectFiles
{
    public static IReadOnlyList<(string Name, byte[] Bytes)> Own() =>
        [.. Directory.GetFiles(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects"), "*.o").Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))];

    public static IReadOnlyList<(string Name, byte[] Bytes)> Shared() =>
        [.. JsonNode.Parse(File.ReadAllText(TestData.SharedCorpus("objects/public/manifest.json")))!.AsArray()
            .Select(entry => (string)entry!["object"]!).Select(path => (path, File.ReadAllBytes(TestData.SharedCorpus("objects/" + path))))];

    public static byte[] Bytes(string name) => File.ReadAllBytes(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", name));

    public static ElfObject Read(string name, BtfTypes? kernel = null) => ElfObject.Read(Bytes(name), name, new ElfOptions(kernel));
}
