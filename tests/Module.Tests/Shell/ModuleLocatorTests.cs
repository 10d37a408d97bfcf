using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests.Shell;

public sealed class ModuleLocatorTests
{
    [Fact]
    public void TheCloneIsFoundFromTheProgram() => Assert.True(File.Exists(Path.Combine(ModuleLocator.FindRoot()!, "ReuseportPS.slnx")));

    [Fact]
    public void TheStagedCopyIsNotTakenForTheRoot() =>
        Assert.Equal(ModuleLocator.FindRoot(), ModuleLocator.FindRoot(Path.GetDirectoryName(ModuleLocator.StagedManifest())!));

    [Fact]
    public void OutsideACloneTheErrorSaysSo() =>
        Assert.Contains("clone", Assert.Throws<ModuleNotBuiltException>(() => ModuleLocator.StagedManifest(Path.GetTempPath())).Message, StringComparison.Ordinal);
}
