using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using ReuseportPS.Module.Tests.PesterStandIn;

namespace ReuseportPS.Module.Tests;

/// <summary>The module as PowerShell loaded it from out/ReuseportPS into this process, where another module's YamlDotNet was there first.</summary>
internal static class StagedModule
{
    public const string ForeignYamlDotNet = "13.0.0.0";

    public static Assembly Load()
    {
        using Runspace runspace = PesterRunspace.Open(Repository.StagedManifest);
        return Loaded.Single(assembly => assembly.GetName().Name == "ReuseportPS");
    }

    /// <summary>The module's assemblies among those loaded now.</summary>
    public static IEnumerable<Assembly> Loaded =>
        AppDomain.CurrentDomain.GetAssemblies().Where(assembly =>
            assembly.GetName().Name is { } name && name.StartsWith("ReuseportPS", StringComparison.Ordinal) && name is not ("ReuseportPS.Shell" or "ReuseportPS.Module.Tests"));

    // Before any test: the module must find its own version whoever came first.
    [ModuleInitializer]
    internal static void LoadForeignYamlDotNet() =>
        AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "foreign", "YamlDotNet.dll"));
}
