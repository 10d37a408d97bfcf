using System.Reflection;
using System.Runtime.Loader;

namespace ReuseportPS.Module.Tests;

/// <summary>The tests run the module that is staged, not a copy of it, and the module its own YamlDotNet.</summary>
public sealed class StagedModuleTests
{
    [Fact]
    public void Every_assembly_of_the_module_comes_from_the_staged_folder()
    {
        StagedModule.Load();
        Assembly.Load("ReuseportPS.Yaml");
        Assert.Contains(StagedModule.Loaded, assembly => assembly.GetName().Name == "ReuseportPS");
        Assert.All(StagedModule.Loaded, assembly => Assert.StartsWith(Repository.StagedModule + Path.DirectorySeparatorChar, assembly.Location, StringComparison.Ordinal));
    }

    [Fact]
    public void No_copy_of_the_module_lies_beside_the_tests()
    {
        string[] own = ["ReuseportPS.Module.Tests.dll", "ReuseportPS.Shell.dll"];
        Assert.Equal(own, Directory.EnumerateFiles(AppContext.BaseDirectory, "ReuseportPS*.dll").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_module_gets_its_own_YamlDotNet_though_another_was_loaded_first()
    {
        Assembly foreign = AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName("YamlDotNet"));
        Assert.Equal(StagedModule.ForeignYamlDotNet, foreign.GetName().Version!.ToString());

        StagedModule.Load();
        AssemblyLoadContext ofYaml = AssemblyLoadContext.GetLoadContext(Assembly.Load("ReuseportPS.Yaml"))!;
        Assembly own = ofYaml.LoadFromAssemblyName(new AssemblyName("YamlDotNet"));
        Assert.NotEqual(AssemblyLoadContext.Default, ofYaml);
        Assert.Equal(18, own.GetName().Version!.Major);
        Assert.Equal(Path.Combine(Repository.StagedModule, "deps", "YamlDotNet.dll"), own.Location);
    }
}
