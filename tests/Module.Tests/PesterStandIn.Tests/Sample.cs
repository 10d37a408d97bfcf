namespace ReuseportPS.Module.Tests.PesterStandIn.Tests;

/// <summary>Small test files, written to a folder of their own, with a module that has nothing but a Set-ReuseportBackend.</summary>
internal static class Sample
{
    private const string Simulator = "BeforeAll { Set-ReuseportBackend Simulator -Seed 1 }\n";

    private const string Module = """
        function Set-ReuseportBackend { param([Parameter(Position = 0)] $Name, [int] $Seed) }
        function Test-Sample { [CmdletBinding(DefaultParameterSetName = 'A')] param([Parameter(ParameterSetName = 'A')] $First, [Parameter(ParameterSetName = 'B')] [Alias('Zwei')] $Second) }
        function Add-Step { param($Step) [ReuseportPS.Module.Tests.PesterStandIn.Tests.RunTests]::Steps.Add($Step) }
        function Write-SampleError { [CmdletBinding()] param($Message) $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([System.InvalidOperationException]::new($Message), 'SampleError', 'InvalidOperation', $null)) }
        """;

    /// <summary>A file that chooses the simulator in a BeforeAll around it all.</summary>
    public static PesterFile File(string text) => WholeFile(Simulator + text);

    /// <summary>A file of just this text.</summary>
    public static PesterFile WholeFile(string text)
    {
        string folder = Directory.CreateTempSubdirectory("pester-sample-").FullName;
        try
        {
            string module = Path.Combine(folder, "Sample.psm1");
            string path = Path.Combine(folder, "Sample.Tests.ps1");
            System.IO.File.WriteAllText(module, Module);
            System.IO.File.WriteAllText(path, text);
            PesterFile file = PesterFile.Discover(path, module);
            _ = file.Results;
            return file;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The one It of a file, whose body this is.</summary>
    public static PesterTest It(string body)
    {
        PesterFile file = Describe($"It 'it' {{ {body} }}");
        Assert.Empty(file.Errors);
        return Assert.Single(file.Results);
    }

    public static PesterFile Describe(string body) => File($"Describe 'd' {{ {body} }}");

    /// <summary>All tests of a file whose every test must pass.</summary>
    public static void AllPass(string text)
    {
        PesterFile file = File(text);
        Assert.Empty(file.Errors);
        Assert.All(file.Results, test => Assert.True(test.Outcome == PesterOutcome.Passed, $"{test.FullName}: {test.Outcome} {test.Reason}"));
    }
}
