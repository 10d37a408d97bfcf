using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>How the command line is read; what it does is in <see cref="HostTests"/>.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("-Command", nameof(CommandLineMode.Command))]
    [InlineData("-c", nameof(CommandLineMode.Command))]
    [InlineData("--comm", nameof(CommandLineMode.Command))]
    [InlineData("-v", nameof(CommandLineMode.Version))]
    [InlineData("-Version", nameof(CommandLineMode.Version))]
    [InlineData("-h", nameof(CommandLineMode.Help))]
    [InlineData("-?", nameof(CommandLineMode.Help))]
    [InlineData("-", nameof(CommandLineMode.Input))]
    [InlineData("-NoLogo", nameof(CommandLineMode.Prompt))]
    public void OptionsMayBeShort(string option, string mode)
    {
        CommandLine line = CommandLine.Parse(option.StartsWith("-c", StringComparison.OrdinalIgnoreCase) || option.StartsWith("--c", StringComparison.Ordinal) ? [option, "1"] : [option]);
        Assert.Null(line.Error);
        Assert.Equal(mode, line.Mode.ToString());
    }

    [Theory]
    [InlineData("-n")]
    [InlineData("-no")]
    [InlineData("-nox")]
    [InlineData("-NoExit")]
    [InlineData("--")]
    public void AmbiguousAndUnknownOptionsAreErrors(string option) => Assert.NotNull(CommandLine.Parse([option]).Error);

    [Fact]
    public void WhatFollowsACommandBelongsToIt()
    {
        CommandLine line = CommandLine.Parse(["-nol", "-noni", "-c", "a", "-NoLogo", "b"]);
        Assert.Equal((CommandLineMode.Command, "a -NoLogo b", true, true), (line.Mode, line.Text, line.NoLogo, line.NonInteractive));
    }

    [Fact]
    public void WhatFollowsAFileIsForTheScript()
    {
        string script = Path.GetTempFileName();
        try
        {
            CommandLine line = CommandLine.Parse([script, "-a", "b", "-c:$true", "-d:", "e", "-"]);
            Assert.Equal([("-a", null), (null, "b"), ("-c", (object)true), ("-d", "e"), (null, "-")], line.Arguments.Select(argument => ((string?)argument.Name, (object?)argument.Value)));
        }
        finally
        {
            File.Delete(script);
        }
    }
}
