using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ReuseportPS.Engine.Tests;

/// <summary>Dependencies point one way, between the projects and between the folders of the engine.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>Each folder of the engine, and the folders it may look at (docs/architecture.md).</summary>
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Diagnostics"] = [],
        ["Isa"] = ["Diagnostics"],
        ["Asm"] = ["Diagnostics", "Isa"],
        ["Btf"] = ["Diagnostics", "Isa"],
        ["Maps"] = ["Diagnostics", "Isa"],
        ["Helpers"] = ["Diagnostics", "Isa"],
        ["Programs"] = ["Diagnostics", "Isa", "Asm", "Btf", "Maps", "Helpers"],
        ["Elf"] = ["Diagnostics", "Isa", "Asm", "Btf", "Maps", "Helpers", "Programs"],
        ["Verification"] = ["Diagnostics", "Isa", "Asm", "Btf", "Maps", "Helpers", "Programs"],
        ["Execution"] = ["Diagnostics", "Isa", "Asm", "Btf", "Maps", "Helpers", "Programs", "Verification"],
        ["Packets"] = ["Diagnostics"],
        ["Classic"] = ["Diagnostics"],
        ["Policies"] = ["Diagnostics", "Isa", "Maps", "Helpers", "Programs", "Verification", "Execution", "Packets"],
        ["Backends"] = ["Diagnostics", "Classic", "Isa", "Maps", "Helpers", "Programs", "Verification", "Execution", "Packets", "Policies"],
        ["Scenarios"] = ["Diagnostics", "Classic", "Isa", "Maps", "Helpers", "Programs", "Elf", "Verification", "Execution", "Packets", "Policies", "Backends"],
    };

    public static TheoryData<string> EngineFolders() =>
        [.. Directory.GetDirectories(RepositoryRoot.Combine("src", "Engine")).Select(path => Path.GetFileName(path)!).Where(name => name is not ("bin" or "obj"))];

    [Theory]
    [MemberData(nameof(EngineFolders))]
    public void A_folder_of_the_engine_looks_one_way(string folder)
    {
        Assert.True(s_allowed.ContainsKey(folder), $"src/Engine/{folder} has no place in the order of folders.");
        string[] files = Directory.GetFiles(RepositoryRoot.Combine("src", "Engine", folder), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        IEnumerable<string> wrong =
            from file in files
            from Match match in EngineNamespace().Matches(File.ReadAllText(file))
            let target = match.Groups["folder"].Value
            where target != folder && !s_allowed[folder].Contains(target, StringComparer.Ordinal)
            select $"{Path.GetFileName(file)} uses {target}";
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("Engine", "")]
    [InlineData("Simulator", "Engine")]
    [InlineData("Linux", "Engine")]
    [InlineData("Yaml", "Engine")]
    [InlineData("ReuseportPS", "Engine Linux Simulator Yaml")]
    [InlineData("Shell", "")]
    public void A_project_references_what_it_may(string project, string expected)
    {
        XDocument file = XDocument.Load(RepositoryRoot.Combine("src", project, project + ".csproj"));
        IEnumerable<string> references = file.Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!))
            .Order(StringComparer.Ordinal);
        Assert.Equal(expected, string.Join(' ', references));
    }

    [Fact]
    public void Only_the_Yaml_project_has_YamlDotNet()
    {
        IEnumerable<string> users = Directory.GetFiles(RepositoryRoot.Combine("src"), "*.csproj", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains("YamlDotNet", StringComparison.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file)!);
        Assert.Equal(["Yaml"], users);
    }

    [Fact]
    public void Only_the_Linux_project_calls_native_code()
    {
        IEnumerable<string> users = Directory.GetFiles(RepositoryRoot.Combine("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => NativeImport().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(RepositoryRoot.Combine("src"), file).Split(Path.DirectorySeparatorChar)[0])
            .Distinct(StringComparer.Ordinal);
        Assert.Equal(["Linux"], users);
    }

    [GeneratedRegex(@"ReuseportPS\.Engine\.(?<folder>[A-Z][A-Za-z]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex EngineNamespace();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NativeImport();
}
