using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace ReuseportPS;

/// <summary>Loads ReuseportPS.Yaml and its YamlDotNet from deps/ in a load context of their own, so that another module's YamlDotNet cannot clash.</summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private const string YamlAssembly = "ReuseportPS.Yaml";

    // Process-wide on purpose: several runspaces import the module, and each must get the same assembly.
    private static readonly DependencyLoadContext s_dependencies = Subscribe();

    /// <summary>Called by PowerShell on import; touching the context subscribes it once per process.</summary>
    public void OnImport() => _ = s_dependencies.Name;

    private static DependencyLoadContext Subscribe()
    {
        string folder = Path.Combine(Path.GetDirectoryName(typeof(ModuleInitializer).Assembly.Location)!, "deps");
        DependencyLoadContext context = new(folder);
        AssemblyLoadContext.Default.Resolving += (_, name) =>
            string.Equals(name.Name, YamlAssembly, StringComparison.Ordinal) ? context.LoadFromAssemblyName(name) : null;
        return context;
    }

    private sealed class DependencyLoadContext(string folder) : AssemblyLoadContext("ReuseportPS.Dependencies")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            string path = Path.Combine(folder, assemblyName.Name + ".dll");
            return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
        }
    }
}
