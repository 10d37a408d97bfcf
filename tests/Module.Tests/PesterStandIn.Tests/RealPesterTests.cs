namespace ReuseportPS.Module.Tests.PesterStandIn.Tests;

public sealed class RealPesterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pester-module-").FullName;

    [Fact]
    public void A_module_that_is_not_there_is_not_found() => Assert.Null(RealPester.Find(Path.Combine(_folder, "Pester.psd1")));

    [Fact]
    public void A_module_that_loads_is_found_with_its_version()
    {
        Write("Pester.psm1", "function Invoke-Pester { }");
        Assert.Equal("Pester 5.9.0", RealPester.Find(Write("Pester.psd1", "@{ ModuleVersion = '5.9.0'; RootModule = 'Pester.psm1' }")));
    }

    [Fact]
    public void A_module_that_does_not_load_here_leaves_the_tests_to_the_stand_in()
    {
        Write("Pester.psm1", "throw 'something that this engine lacks'");
        Assert.Null(RealPester.Find(Write("Pester.psd1", "@{ ModuleVersion = '5.9.0'; RootModule = 'Pester.psm1' }")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
