using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Reflection;
using ReuseportPS.Module.Tests.PesterStandIn;
using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests;

/// <summary>The manifest says what the module holds, and everything it exports has what a cmdlet must have.</summary>
public sealed class ManifestTests
{
    private static readonly string s_manifest = Repository.PathTo(ModuleLocator.ManifestName);

    private static string[] Exported => [.. ((object[])Read()["CmdletsToExport"]!).Cast<string>()];

    [Fact]
    public void The_list_is_the_cmdlets_of_the_assembly_sorted()
    {
        Assert.Equal(Exported.Order(StringComparer.Ordinal), Exported);
        Assert.Equal(CmdletClasses().Keys, Exported);
    }

    [Fact]
    public void Importing_exports_the_list()
    {
        foreach (string manifest in (string[])[s_manifest, Repository.StagedManifest])
        {
            using Runspace runspace = PesterRunspace.Open(manifest);
            using PowerShell module = PowerShell.Create(runspace);
            PSModuleInfo imported = module.AddCommand("Get-Module").AddParameter("Name", "ReuseportPS").Invoke<PSModuleInfo>().Single();
            Assert.Equal(Exported, imported.ExportedCommands.Keys.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Each_cmdlet_tells_its_output_type() =>
        None(CmdletClasses().Where(cmdlet => cmdlet.Value.GetCustomAttribute<OutputTypeAttribute>() is null).Select(cmdlet => cmdlet.Key));

    [Fact]
    public void Each_cmdlet_has_a_Pester_file() =>
        None(Exported.Select(cmdlet => $"tests/Pester/{cmdlet}.Tests.ps1").Where(IsMissing));

    [Fact]
    public void Each_cmdlet_has_a_page() =>
        None(Exported.Select(cmdlet => $"docs/en-US/{cmdlet}.md").Where(IsMissing));

    [Fact]
    public void The_staged_manifest_is_the_one_in_the_root_without_the_path() =>
        Assert.Equal(
            File.ReadAllText(s_manifest).ReplaceLineEndings("\n").Replace("out/ReuseportPS/", "", StringComparison.Ordinal).TrimEnd(),
            File.ReadAllText(Repository.StagedManifest).ReplaceLineEndings("\n").TrimEnd());

    private static bool IsMissing(string path) => !File.Exists(Repository.PathTo(path));

    private static Hashtable Read() =>
        (Hashtable)Parser.ParseFile(s_manifest, out _, out _).Find(ast => ast is HashtableAst, searchNestedScriptBlocks: false)!.SafeGetValue();

    private static SortedDictionary<string, Type> CmdletClasses()
    {
        Assembly module = StagedModule.Load();
        return new(module.GetExportedTypes()
            .Select(type => (Type: type, Cmdlet: type.GetCustomAttribute<CmdletAttribute>(inherit: false)))
            .Where(found => found.Cmdlet is not null && !found.Type.IsAbstract)
            .ToDictionary(found => $"{found.Cmdlet!.VerbName}-{found.Cmdlet.NounName}", found => found.Type), StringComparer.Ordinal);
    }

    private static void None(IEnumerable<string> missing) => Assert.True(!missing.Any(), "Missing: " + string.Join(", ", missing));
}
